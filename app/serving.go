package app

import "time"

func (e *Engine) serve(l *live, t terms) {
	if e.cfg.Swarm == nil {
		return
	}
	d := l.desc
	l.share = &share{a: e.accounts, id: l.id, terms: t}
	s, err := e.cfg.Swarm.Serve(Share{Package: d.Package, Hashes: d.Hashes, Poster: d.Poster,
		Secret: e.state.find(l.id).rec.Secret, Have: l.have, Pieces: watched{e, l}, Allow: l.share.open})
	if err != nil {
		// Not being able to give is no reason not to get.
		e.write(e.state.find(l.id).log(time.Now(), "not_shared", err.Error()))
		return
	}
	t.tell(s)
	l.serving = s
}

// unserve ends serving behind the loop's back: the last reads take their time.
func (e *Engine) unserve(l *live) {
	serving := l.serving
	l.serving = nil
	l.workers.Add(1)
	e.work.Go(func() {
		defer l.workers.Done()
		var given ServeStats
		if serving != nil {
			serving.Stop()
			given = serving.Stats()
		}
		e.send(evUnserved{l.id, given})
	})
}

// watched reports a shared file that changed under us.
type watched struct {
	e *Engine
	l *live
}

func (w watched) ReadPiece(i int, b []byte, off int64) error {
	err := w.l.payload.ReadPiece(i, b, off)
	if p := AsProblem(err); p != nil && p.Kind == FileChanged {
		w.e.send(evFileChanged{w.l.id, p})
	}
	return err
}
