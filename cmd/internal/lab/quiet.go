package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/sharing"
)

// idle: after its only transfer a Grove falls silent.
func idle(t *trial) {
	t.in("idle", true, true, func(w *world) {
		h := w.homesWithRelay(portRestricted)
		h.relayed()
		h.a.table(h.server)
		h.b.table(h.server)
		file := h.a.file("film.mp4", content)
		grove, _ := h.a.published(file, "http://"+h.server.c.host()+":9999/", "--tracker", h.server.url)
		h.a.share(file, "--package", grove)
		h.b.nft(packetRules)
		p, _ := h.b.part("idler", h.b.data(), grove)
		began := time.Now()
		busy := h.b.counters()["out"].Packets
		alone, err := p.await(75*time.Second, func(l line) bool { return strings.HasPrefix(l.text, "alone") })
		if err != nil {
			t.shows(false, "all connections are closed", "within 60 s", "%s", short(err.Error()))
		} else {
			t.shows(alone.at.Sub(began) < time.Minute, "all connections are closed", "within 60 s", "after %s", seconds(alone.at.Sub(began)))
		}
		w.pause(time.Until(began.Add(time.Minute)))
		before := h.b.counters()
		if busy == 0 || before["out_mdns"].Packets == 0 {
			w.failf("the counters count nothing: %v", before)
		}
		w.pause(time.Minute)
		after := h.b.counters()
		sent := func(name string) int64 { return after[name].Packets - before[name].Packets }
		t.shows(sent("out") == 0 && sent("out_mdns") == 0 && sent("in") == 0, "packets in the minute after", "0", "%d were sent before; then sent %d, mDNS %d; received %d, mDNS %d (IPv6 neighbour discovery apart: %d, %d)",
			before["out"].Packets, sent("out"), sent("out_mdns"), sent("in"), sent("in_mdns"), sent("out_neighbour"), sent("in_neighbour"))
		p.stop()
	})
}

// playIdler is a Grove that stays: it downloads args[1] into the data folder
// args[0], takes it off the list, and has nothing to do from then on.
func playIdler(ctx context.Context, args []string) (err error) {
	g, err := boot.Start(ctx, boot.Options{Data: args[0]})
	if err != nil {
		return err
	}
	defer func() {
		if cerr := g.Close(); err == nil {
			err = cerr
		}
	}()
	lead, err := sharing.ReadLead(args[1])
	if err != nil {
		return err
	}
	o, err := g.Engine.Inspect(ctx, lead)
	if err != nil {
		return err
	}
	if err := g.Engine.Accept(ctx, o, app.Choice{Folder: filepath.Dir(args[0]), Target: "idler.mp4"}); err != nil {
		return err
	}
	for since := uint64(0); ; {
		snap, err := g.Engine.Next(ctx, since)
		if err != nil {
			return err
		}
		since = snap.Version
		if v := snap.Transfer(o.ID); v != nil && v.State == app.Done {
			break
		}
	}
	fmt.Println("busy: connections", g.Node.Report().Conns)
	if err := g.Engine.Remove(ctx, o.ID); err != nil {
		return err
	}
	idle := time.Now()
	fmt.Println("ready")
	for had := g.Node.Report().Conns; ; {
		conns := g.Node.Report().Conns
		if conns == 0 && had >= 0 {
			fmt.Printf("alone %.1f\n", time.Since(idle).Seconds())
			had = -1
		} else if conns > 0 && had <= 0 {
			fmt.Printf("again %d after %.1f\n", conns, time.Since(idle).Seconds())
			had = conns
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond): // the report has no event
		}
	}
}
