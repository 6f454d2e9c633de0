package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"grove/app"
)

func frame(t testing.TB, m *Control) []byte {
	t.Helper()
	b, err := Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFrames(t *testing.T) {
	slot := &Control{Message: &Control_Slot{Slot: &Slot{Open: true}}}
	big := &Control{Message: &Control_Have{Have: &Have{Pieces: 131072, Bitmap: bytes.Repeat([]byte{5}, 16384)}}}
	stream := slices.Concat(frame(t, slot), frame(t, big), frame(t, slot))
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(stream), "in bytes": iotest.OneByteReader(bytes.NewReader(stream)),
	} {
		in := NewReader(r, MaxFrame)
		for i, want := range []*Control{slot, big, slot} {
			got, err := in.Next()
			if err != nil || !proto.Equal(got, want) {
				t.Errorf("%s: frame %d is %v, %v", name, i, got, err)
			}
		}
		if _, err := in.Next(); err != io.EOF {
			t.Errorf("%s: the end is %v; want EOF", name, err)
		}
	}
	if _, err := Append(nil, &Control{Message: &Control_Have{Have: &Have{Bitmap: make([]byte, MaxFrame)}}}); err == nil {
		t.Error("a frame above the limit was made")
	}
}

func TestBadFrames(t *testing.T) {
	slot := frame(t, &Control{Message: &Control_Slot{Slot: &Slot{Open: true}}})
	for name, row := range map[string]struct {
		b    []byte
		want error
	}{
		"length 0":               {[]byte{0}, ErrFrame},
		"length above the limit": {binary.AppendUvarint(nil, MaxFrame+1), ErrFrame},
		"length of 2^32-1":       {binary.AppendUvarint(nil, 1<<32-1), ErrFrame},
		"length without end":     {bytes.Repeat([]byte{0x80}, 20), ErrFrame},
		"length in a long form":  {append([]byte{0x80 | slot[0], 0}, slot[1:]...), ErrFrame},
		"no protobuf":            {[]byte{2, 0xff, 0xff}, ErrFrame},
		"no message":             {[]byte{2, 0xa0, 0x06}, ErrFrame},
		"cut in the length":      {[]byte{0x80}, io.ErrUnexpectedEOF},
		"cut in the body":        {[]byte{9, 1, 2}, io.ErrUnexpectedEOF},
	} {
		if _, err := NewReader(bytes.NewReader(row.b), MaxFrame).Next(); !errors.Is(err, row.want) {
			t.Errorf("%s: %v; want %v", name, err, row.want)
		}
	}
}

// TestUnknown: what a later version says is skipped if it is marked so.
func TestUnknown(t *testing.T) {
	later := []byte{0x92, 0x03, 1, 'x'} // field 50, one byte
	optional := append(slices.Clone(later), 0xa0, 0x06, 1)
	bye := frame(t, &Control{Message: &Control_Bye{Bye: &Bye{}}})
	in := NewReader(bytes.NewReader(slices.Concat([]byte{byte(len(optional))}, optional, bye)), MaxFrame)
	if m, err := in.Next(); err != nil || m.GetBye() == nil {
		t.Errorf("behind an optional unknown message: %v, %v; want bye", m, err)
	}
	in = NewReader(bytes.NewReader(slices.Concat([]byte{byte(len(later))}, later, bye)), MaxFrame)
	if _, err := in.Next(); !errors.Is(err, ErrFrame) {
		t.Errorf("an unknown message: %v; want ErrFrame", err)
	}
}

func TestRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "pieces")
		set := app.NewBitmap(n)
		for i := range n {
			if rapid.Bool().Draw(t, "has") {
				set.Set(i)
			}
		}
		runs, ok := AppendRuns(nil, set)
		if !ok {
			t.Fatal("too many runs")
		}
		back := app.NewBitmap(n)
		if err := EachRun(runs, n, func(first, end int) {
			for i := first; i < end; i++ {
				back.Set(i)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(set.Bytes(), back.Bytes()) {
			t.Fatalf("%v came back as other pieces", runs)
		}
	})
	for _, bad := range [][]uint32{{0}, {0, 0}, {5, 6}, {0, 1, 0, 1}, {1<<32 - 1, 1<<32 - 1}, {10, 1}, make([]uint32, 2*MaxRuns+2)} {
		if err := EachRun(bad, 10, func(int, int) {}); !errors.Is(err, ErrFrame) {
			t.Errorf("%.20v: %v; want ErrFrame", bad, err)
		}
	}
	scattered := app.NewBitmap(131072)
	for i := 0; i < scattered.Len(); i += 2 {
		scattered.Set(i)
	}
	if _, ok := AppendRuns(nil, scattered); ok {
		t.Error("65,536 runs are said to fit in a frame")
	}
}

// TestWorstRunsFit: the most runs that are sent still make a frame.
func TestWorstRunsFit(t *testing.T) {
	runs := make([]uint32, 2*MaxRuns)
	for i := range runs {
		runs[i] = 131071
	}
	frame(t, &Control{Message: &Control_HaveMore{HaveMore: &HaveMore{Runs: runs}}})
}

func TestRequests(t *testing.T) {
	var b [RequestSize]byte
	for _, r := range []Request{
		{OpPieces, 0, 1, 1}, {OpPieces, 9, 1, 1<<32 - 1}, {OpPieces, 0, 10, 0}, {OpCancel, 0, 0, 5}, {OpPart, 3, 0, 7},
	} {
		r.Put(b[:])
		if got, err := ParseRequest(b[:], 10); err != nil || got != r {
			t.Errorf("%+v came back as %+v, %v", r, got, err)
		}
	}
	for _, r := range []Request{
		{OpPieces, 0, 0, 1}, {OpPieces, 10, 1, 1}, {OpPieces, 1<<32 - 1, 1<<32 - 1, 1}, {OpCancel, 1, 0, 1}, {OpCancel, 0, 1, 1},
		{OpPart, 1, 1, 1}, {0, 0, 1, 1}, {99, 0, 1, 1},
	} {
		r.Put(b[:])
		if _, err := ParseRequest(b[:], 10); !errors.Is(err, ErrRequest) {
			t.Errorf("%+v: %v; want ErrRequest", r, err)
		}
	}
	const records = 4 * (5 + 1 + 16) // of TLS 1.3 around one frame: header, type, tag
	if FrameSize+records > 65_483 {
		t.Error("a frame does not fit one segment of the loopback device")
	}
	if ReplySize+ChunkSize != 4*(FrameSize-12) {
		t.Error("a full chunk is not four full yamux frames")
	}
}

func TestReplies(t *testing.T) {
	var b [ReplySize]byte
	for _, r := range []Reply{
		{StatusData, 1, 1}, {StatusData, 65535, ChunkSize}, {StatusSize, 2, 0}, {StatusSize, 2, 1<<32 - 1},
		{StatusCancelled, 3, 0}, {StatusGone, 3, 0}, {StatusBusy, 3, 0},
	} {
		r.Put(b[:])
		if got, err := ParseReply(b[:]); err != nil || got != r {
			t.Errorf("%+v came back as %+v, %v", r, got, err)
		}
	}
	for _, r := range []Reply{{StatusData, 1, 0}, {StatusData, 1, ChunkSize + 1}, {StatusGone, 1, 1}, {0, 1, 1}, {6, 1, 0}} {
		r.Put(b[:])
		if _, err := ParseReply(b[:]); !errors.Is(err, ErrReply) {
			t.Errorf("%+v: %v; want ErrReply", r, err)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(frame(f, &Control{Message: &Control_Slot{Slot: &Slot{Open: true}}}))
	f.Add(frame(f, &Control{Message: &Control_HaveMore{HaveMore: &HaveMore{Runs: []uint32{0, 1, 2, 3}}}}))
	f.Add([]byte(strings.Repeat("\x80", 12)))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := NewReader(bytes.NewReader(b), MaxFrame)
		for {
			m, err := in.Next()
			if err != nil {
				if err != io.EOF && !errors.Is(err, ErrFrame) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("an error of no kind: %v", err)
				}
				return
			}
			if m.Message == nil {
				t.Fatal("a message that says nothing")
			}
			if more := m.GetHaveMore(); more != nil {
				_ = EachRun(more.Runs, 1000, func(first, end int) {
					if first < 0 || end <= first || end > 1000 {
						t.Fatalf("run [%d, %d)", first, end)
					}
				})
			}
		}
	})
}

func FuzzRequest(f *testing.F) {
	f.Add(make([]byte, RequestSize), 10)
	f.Add(bytes.Repeat([]byte{1}, RequestSize), 1<<30)
	f.Fuzz(func(t *testing.T, b []byte, pieces int) {
		pieces &= 1<<31 - 1
		r, err := ParseRequest(b, pieces)
		if err != nil {
			return
		}
		if r.Op == OpPieces && (r.Count == 0 || int(r.First)+int(r.Count) > pieces) {
			t.Fatalf("%+v of %d pieces", r, pieces)
		}
		var back [RequestSize]byte
		if r.Put(back[:]); !bytes.Equal(back[:], b) {
			t.Fatalf("%x and %x mean the same", back, b)
		}
	})
}

func FuzzReply(f *testing.F) {
	f.Add(make([]byte, ReplySize))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseReply(b)
		if err != nil {
			return
		}
		var back [ReplySize]byte
		if r.Put(back[:]); !bytes.Equal(back[:], b) {
			t.Fatalf("%x and %x mean the same", back, b)
		}
	})
}
