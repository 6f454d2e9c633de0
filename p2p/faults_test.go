package p2p

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"google.golang.org/protobuf/encoding/protowire"

	"grove/app"
	"grove/app/apptest"
	"grove/p2p/internal/wire"
)

// outcome is what becomes of a peer that misbehaves. Whatever it is, an honest
// peer is served afterwards.
type outcome int

const (
	banned    outcome = iota // the connection is closed and the peer not met again
	tolerated                // the session goes on
	ended                    // the session is over, the peer may come back
)

// TestFaultsOfTakers: what a peer that asks can do wrong (SECURITY 3.6).
func TestFaultsOfTakers(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	k := knowledgeOf(made.Package.ID, nil)
	pieces := uint32(made.Pieces())
	have := func(h *wire.Have) *wire.Control { return &wire.Control{Message: &wire.Control_Have{Have: h}} }
	more := func(runs ...uint32) *wire.Control {
		return &wire.Control{Message: &wire.Control_HaveMore{HaveMore: &wire.HaveMore{Runs: runs}}}
	}
	for _, row := range []struct {
		name string
		want outcome
		do   func(r *raw)
	}{
		{"frame of 2^32-1 bytes", banned, func(r *raw) {
			_, _ = r.join(k).stream.Write(binary.AppendUvarint(nil, 1<<32-1))
		}},
		{"frame of 0 bytes", banned, func(r *raw) { _, _ = r.join(k).stream.Write([]byte{0}) }},
		{"length not in its shortest form", banned, func(r *raw) { _, _ = r.join(k).stream.Write([]byte{0x81, 0x00, 0}) }},
		{"frame that is no message", banned, func(r *raw) { _, _ = r.join(k).stream.Write([]byte{3, 0xff, 0xff, 0xff}) }},
		{"large frame before the proof", banned, func(r *raw) {
			_, _ = r.open().stream.Write(append(binary.AppendUvarint(nil, 5000), make([]byte, 5000)...))
		}},
		{"unknown message", banned, func(r *raw) { _, _ = r.join(k).stream.Write(unknownFrame(false)) }},
		{"unknown optional message", tolerated, func(r *raw) { _, _ = r.join(k).stream.Write(unknownFrame(true)) }},
		{"no hello", banned, func(r *raw) { r.say(r.open(), have(&wire.Have{})) }},
		{"hello with a short tag", banned, func(r *raw) {
			r.say(r.open(), &wire.Control{Message: &wire.Control_Hello{Hello: &wire.Hello{Version: 1, Tag: []byte{1}, Nonce: newNonce()}}})
		}},
		{"a second proof", banned, func(r *raw) {
			r.say(r.join(k), &wire.Control{Message: &wire.Control_Proof{Proof: &wire.Proof{Mac: newNonce()}}})
		}},
		{"have map of another package", banned, func(r *raw) { r.say(r.join(k), have(&wire.Have{Pieces: pieces + 1})) }},
		{"have map with bits beyond the end", banned, func(r *raw) {
			r.say(r.join(k), have(&wire.Have{Pieces: pieces, Bitmap: bytes.Repeat([]byte{0xff}, int(pieces+7)/8)}))
		}},
		{"have map of 2^32-1 pieces", banned, func(r *raw) { r.say(r.join(k), have(&wire.Have{Pieces: 1<<32 - 1, All: true})) }},
		{"a change before the have map", banned, func(r *raw) { r.say(r.join(k), more(0, 1)) }},
		{"a change beyond the end", banned, func(r *raw) {
			c := r.join(k)
			r.say(c, have(&wire.Have{Pieces: pieces}))
			r.say(c, more(pieces-1, 2))
		}},
		{"frames in writes of one byte", tolerated, func(r *raw) {
			c := r.join(k)
			frame, err := wire.Append(nil, have(&wire.Have{Pieces: pieces, All: true}))
			if err != nil {
				r.t.Fatal(err)
			}
			for _, b := range frame {
				if _, err := c.stream.Write([]byte{b}); err != nil {
					r.t.Fatal(err)
				}
			}
		}},
		{"claims all, then withdraws", tolerated, func(r *raw) {
			c := r.join(k)
			r.say(c, have(&wire.Have{Pieces: pieces, All: true}))
			r.say(c, &wire.Control{Message: &wire.Control_HaveLess{HaveLess: &wire.HaveLess{Runs: []uint32{0, pieces}}}})
		}},
		{"control stream half closed", ended, func(r *raw) { _ = r.join(k).stream.CloseWrite() }},
		{"control stream reset", ended, func(r *raw) { _ = r.join(k).stream.Reset() }},
		{"data stream for a package not proved", tolerated, func(r *raw) { expectReset(r, r.data(k.tag)) }},
		{"data streams without a session, again and again", banned, func(r *raw) {
			for range maxStrikes - 1 {
				expectReset(r, r.data(tag{1}))
			}
			r.data(tag{1})
		}},
		{"request beyond the end", banned, func(r *raw) { takes(r, k, request(wire.OpPieces, pieces-1, 2, 1)) }},
		{"request of no pieces", banned, func(r *raw) { takes(r, k, request(wire.OpPieces, 0, 0, 1)) }},
		{"request of 2^32-1 pieces", banned, func(r *raw) { takes(r, k, request(wire.OpPieces, 1, 1<<32-1, 1)) }},
		{"unknown operation", banned, func(r *raw) { takes(r, k, request(99, 0, 1, 1)) }},
		{"reserved bytes set", banned, func(r *raw) {
			b := request(wire.OpPieces, 0, 1, 1)
			b[2] = 1
			takes(r, k, b)
		}},
		{"half a request", banned, func(r *raw) { _ = takes(r, k, request(wire.OpPieces, 0, 1, 1)[:7]).CloseWrite() }},
		{"cancels of nothing", banned, func(r *raw) { takes(r, k, request(wire.OpCancel, 0, 0, 1)) }},
		{"a thousand requests at once", banned, func(r *raw) {
			takes(r, k, bytes.Repeat(request(wire.OpPieces, 0, pieces, 1), 1000))
		}},
		{"the same piece for ever", banned, func(r *raw) {
			st := takes(r, k, nil)
			go func() { _, _ = io.Copy(io.Discard, st) }() // ends with the stream
			for i := uint32(0); ; i++ {
				if _, err := st.Write(request(wire.OpPieces, 0, 1, i)); err != nil {
					return
				}
			}
		}},
		{"parts for ever", banned, func(r *raw) {
			st := takes(r, k, nil)
			go func() { _, _ = io.Copy(io.Discard, st) }()
			for i := range uint32(maxParts + 1) {
				_, _ = st.Write(request(wire.OpPart, uint32(app.PartManifest), 0, i))
			}
		}},
		{"384 data streams", tolerated, func(r *raw) {
			c := r.join(k)
			r.slot(c)
			for range 384 {
				if st, err := openStream(r.t.Context(), r.conn, DataProtocol); err == nil {
					_, _ = st.Write(k.tag[:1])
				}
			}
		}},
		{"never reads", tolerated, func(r *raw) { takes(r, k, request(wire.OpPieces, 0, pieces, 1)) }},
		{"asks without a slot", tolerated, func(r *raw) {
			r.join(k)
			st := r.data(k.tag)
			if _, err := st.Write(request(wire.OpPieces, 0, 1, 5)); err != nil {
				r.t.Fatal(err)
			}
			if got := hearReply(r, st); got.Status != wire.StatusBusy || got.ID != 5 {
				r.t.Errorf("the answer is %+v; want busy", got)
			}
		}},
		{"asks for what is not there", tolerated, func(r *raw) {
			st := takes(r, k, request(wire.OpPart, uint32(app.PartPoster), 0, 6))
			if got := hearReply(r, st); got.Status != wire.StatusGone {
				r.t.Errorf("the answer is %+v; want gone", got)
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := newNode(t)
			serve(t, n, made.Share())
			r := newRaw(t).dial(n)
			row.do(r)
			switch row.want {
			case banned:
				if !r.over() || !n.gate.bans.has(r.id) {
					t.Error("the peer was not banned")
				}
			case ended:
				if s := n.sessionWith(r.id, k.tag); s != nil {
					select {
					case <-s.done:
					case <-time.After(patience):
						t.Error("the session did not end")
					}
				}
			}
			served(t, n, made)
			if row.want != banned && n.gate.bans.has(r.id) {
				t.Error("the peer was banned")
			}
			if row.want == banned && n.sessionWith(r.id, k.tag) != nil {
				t.Error("the session is still there")
			}
		})
	}
}

// takes joins, waits for a slot and writes b on a data stream.
func takes(r *raw, k knowledge, b []byte) network.Stream {
	r.t.Helper()
	r.slot(r.join(k))
	st := r.data(k.tag)
	_, _ = st.Write(b) // the other side may have closed it by then
	return st
}

func hearReply(r *raw, st network.Stream) wire.Reply {
	r.t.Helper()
	_ = st.SetReadDeadline(time.Now().Add(patience))
	var b [wire.ReplySize]byte
	if _, err := io.ReadFull(st, b[:]); err != nil {
		r.t.Fatal(err)
	}
	got, err := wire.ParseReply(b[:])
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

func expectReset(r *raw, st network.Stream) {
	r.t.Helper()
	_ = st.SetReadDeadline(time.Now().Add(patience))
	if n, err := st.Read(make([]byte, 1)); n != 0 || err == nil {
		r.t.Errorf("%d bytes and %v came; want a reset", n, err)
	}
}

// unknownFrame is a message of a later version.
func unknownFrame(optional bool) []byte {
	b := protowire.AppendTag(nil, 50, protowire.BytesType)
	b = protowire.AppendBytes(b, []byte("new"))
	if optional {
		b = protowire.AppendTag(b, 100, protowire.VarintType)
		b = protowire.AppendVarint(b, 1)
	}
	return append(binary.AppendUvarint(nil, uint64(len(b))), b...)
}

// TestFaultsOfGivers: what a peer that answers can do wrong.
func TestFaultsOfGivers(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	run := app.Run{First: 0, Count: 2}
	whole := made.Run(run)
	for _, row := range []struct {
		name  string
		want  outcome
		kind  app.ProblemKind // of the reader's error; empty: the bytes are right
		serve func(st network.Stream, q wire.Request)
	}{
		{"honest", tolerated, "", func(st network.Stream, q wire.Request) {
			give(st, q, whole)
		}},
		{"in writes of one byte", tolerated, "", func(st network.Stream, q wire.Request) {
			_, _ = st.Write(reply(wire.StatusData, uint16(q.ID), 10, nil)[:3])
			_, _ = st.Write(reply(wire.StatusData, uint16(q.ID), 10, nil)[3:])
			for _, c := range whole[:10] {
				_, _ = st.Write([]byte{c})
			}
			give(st, q, whole[10:])
		}},
		{"more bytes than asked for", banned, app.SourceFault, func(st network.Stream, q wire.Request) {
			give(st, q, append(bytes.Clone(whole), 0))
		}},
		{"sends twice", banned, "", func(st network.Stream, q wire.Request) {
			give(st, q, whole)
			give(st, q, whole)
		}},
		{"an answer to another request", banned, app.SourceFault, func(st network.Stream, q wire.Request) {
			_, _ = st.Write(reply(wire.StatusData, uint16(q.ID)+1, 1, []byte{1}))
		}},
		{"a chunk of 2^32-1 bytes", banned, app.SourceFault, func(st network.Stream, q wire.Request) {
			_, _ = st.Write(reply(wire.StatusData, uint16(q.ID), 1<<32-1, nil))
		}},
		{"a chunk of no bytes", banned, app.SourceFault, func(st network.Stream, q wire.Request) {
			_, _ = st.Write(reply(wire.StatusData, uint16(q.ID), 0, nil))
		}},
		{"the size of a part", banned, app.SourceFault, func(st network.Stream, q wire.Request) {
			_, _ = st.Write(reply(wire.StatusSize, uint16(q.ID), 5, nil))
		}},
		{"an unknown status", banned, app.SourceFault, func(st network.Stream, q wire.Request) {
			_, _ = st.Write(reply(77, uint16(q.ID), 0, nil))
		}},
		{"claims all and has none", tolerated, app.SourceGone, func(st network.Stream, q wire.Request) {
			_, _ = st.Write(reply(wire.StatusGone, uint16(q.ID), 0, nil))
		}},
		{"says busy", tolerated, app.SourceBusy, func(st network.Stream, q wire.Request) {
			_, _ = st.Write(reply(wire.StatusBusy, uint16(q.ID), 0, nil))
		}},
		{"closes in the middle", tolerated, app.SourceGone, func(st network.Stream, q wire.Request) {
			_, _ = st.Write(reply(wire.StatusData, uint16(q.ID), 1000, whole[:10]))
			_ = st.Close()
		}},
		{"resets in the middle", tolerated, app.SourceGone, func(st network.Stream, q wire.Request) {
			_, _ = st.Write(reply(wire.StatusData, uint16(q.ID), 1000, whole[:10]))
			_ = st.Reset()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, n := newRaw(t), newNode(t)
			r.lie(made, func(st network.Stream, next func() (wire.Request, bool)) {
				for q, ok := next(); ok; q, ok = next() {
					row.serve(st, q)
				}
			})
			rec, _ := find(t, n, made, r.addr())
			b, err := fetch(t.Context(), rec.source(t, r.id.String()), run)
			var p *app.Problem
			if row.kind == "" {
				if err != nil || !bytes.Equal(b, whole) {
					t.Errorf("%d bytes and %v came; want the run", len(b), err)
				}
			} else if !errors.As(err, &p) || p.Kind != row.kind {
				t.Errorf("the reader ended with %v; want %s", err, row.kind)
			}
			if row.want == banned && row.kind == "" { // the next run meets what is too much
				if _, err = fetch(t.Context(), rec.source(t, r.id.String()), run); err == nil {
					t.Error("what is too much went unnoticed")
				}
			}
			if row.want == banned && (!r.over() || !n.gate.bans.has(r.id)) {
				t.Error("the peer was not banned")
			}
			if row.want == tolerated && n.gate.bans.has(r.id) {
				t.Error("the peer was banned")
			}
		})
	}
}

// give answers q with b, as an honest peer would.
func give(st network.Stream, q wire.Request, b []byte) {
	for len(b) > 0 {
		n := min(len(b), wire.ChunkSize)
		_, _ = st.Write(reply(wire.StatusData, uint16(q.ID), uint32(n), b[:n]))
		b = b[n:]
	}
}
