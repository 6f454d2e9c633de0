package tracker

import "github.com/prometheus/client_golang/prometheus"

// counts is what the server tells of itself: numbers, and nothing of anybody.
type counts struct {
	announces, asks prometheus.Counter
	refusals        *prometheus.CounterVec

	registered []prometheus.Collector
}

func (c *counts) register(r prometheus.Registerer, s *Server) error {
	c.announces = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "grove_tracker_announces_total", Help: "Announces taken."})
	c.asks = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "grove_tracker_asks_total", Help: "Answers to those who ask for peers."})
	c.refusals = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "grove_tracker_refusals_total", Help: "Requests refused, by reason."}, []string{"reason"})
	if r == nil {
		return nil
	}
	gauge := func(name, help string, f func(*table) int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			s.mu.Lock()
			defer s.mu.Unlock()
			return float64(f(s.table))
		})
	}
	for _, m := range []prometheus.Collector{c.announces, c.asks, c.refusals,
		gauge("grove_tracker_live_announces", "Announces that have not ended.", func(t *table) int { return t.live }),
		gauge("grove_tracker_keys", "Keys that somebody announces.", func(t *table) int { return len(t.swarms) }),
	} {
		if err := r.Register(m); err != nil {
			c.unregister(r)
			return err
		}
		c.registered = append(c.registered, m)
	}
	return nil
}

// unregister makes room for the next server of this program.
func (c *counts) unregister(r prometheus.Registerer) {
	for _, m := range c.registered {
		r.Unregister(m)
	}
}
