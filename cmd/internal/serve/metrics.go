package serve

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"grove/app"
)

// No label names a package, a key or a person: who can read the metrics learns
// how much there is, and of whom nothing.

// meters are what this server counts.
type meters struct {
	reg      *prometheus.Registry
	requests *prometheus.CounterVec // class, code
	sent     *prometheus.CounterVec // class
}

func newMeters(version, goVersion string) *meters {
	m := &meters{
		reg: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "grove_http_requests_total",
			Help: "HTTP requests answered, by what was asked and the first digit of the answer."}, []string{"class", "code"}),
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "grove_http_sent_bytes_total",
			Help: "Bytes of HTTP bodies sent, by what was asked."}, []string{"class"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "grove_build_info", Help: "1; the labels say what this is.",
		ConstLabels: prometheus.Labels{"version": version, "go": goVersion}})
	build.Set(1)
	m.reg.MustRegister(m.requests, m.sent, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, class := range classes {
		m.sent.WithLabelValues(class)
		m.requests.WithLabelValues(class, "2xx")
	}
	return m
}

// answered counts one request.
func (m *meters) answered(class string, code int, bytes int64) {
	m.requests.WithLabelValues(class, strconv.Itoa(code/100)+"xx").Inc()
	m.sent.WithLabelValues(class).Add(float64(bytes))
}

// gauge and counter are single values that are read when somebody asks.
func (m *meters) gauge(name, help string, read func() float64) {
	m.reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

func (m *meters) counter(name, help string, read func() float64) {
	m.reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// watch counts what s holds.
func (m *meters) watch(s *Server) {
	node := s.grove.Node
	m.gauge("grove_connections", "Connections with peers now.", func() float64 { return float64(node.Stats().Conns) })
	m.gauge("grove_sessions", "Proved sessions now: one for each peer and package.", func() float64 { return float64(node.Stats().Sessions) })
	m.counter("grove_given_bytes_total", "Content sent to peers.", func() float64 { return float64(node.Stats().Given) })
	m.counter("grove_taken_bytes_total", "Content received from peers, not yet checked.", func() float64 { return float64(node.Stats().Taken) })
	m.counter("grove_broken_total", "Times a peer broke the protocol.", func() float64 { return float64(node.Stats().Broken) })
	m.gauge("grove_disk_free_bytes", "Free on the disk of the data folder.", func() float64 {
		free, err := s.grove.Store.Free(s.grove.Data)
		if err != nil {
			return -1
		}
		return float64(free)
	})
	m.gauge("grove_http_connections", "HTTP connections now.", func() float64 { return float64(s.crowd.conns()) })
	m.counter("grove_http_refused_connections_total", "HTTP connections hung up on because their address, or all together, had too many.",
		func() float64 { return float64(s.refused.Load()) })
	if s.cert != nil {
		m.gauge("grove_tls_certificate_until_seconds", "When the certificate ends, as a Unix time.",
			func() float64 { return float64(s.cert.until().Unix()) })
	}
	m.reg.MustRegister(transfers{s.grove.Engine}, readiness{s})
}

// asking bounds what a reader of the metrics may wait for the engine.
const asking = 5 * time.Second

// transfers are the packages on the list by state.
type transfers struct{ engine *app.Engine }

var transfersDesc = prometheus.NewDesc("grove_transfers", "Packages on the list, by state.", []string{"state"}, nil)

// Describe implements prometheus.Collector.
func (transfers) Describe(to chan<- *prometheus.Desc) { to <- transfersDesc }

// Collect implements prometheus.Collector.
func (t transfers) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), asking)
	defer cancel()
	snap, err := t.engine.Next(ctx, 0)
	if err != nil {
		return // it has ended, or is stuck; /healthz says which
	}
	count := map[app.State]int{app.Queued: 0, app.Checking: 0, app.Downloading: 0, app.Seeding: 0, app.Done: 0, app.Paused: 0, app.Failed: 0}
	for _, v := range snap.Transfers {
		count[v.State]++
	}
	for state, n := range count {
		to <- prometheus.MustNewConstMetric(transfersDesc, prometheus.GaugeValue, float64(n), string(state))
	}
}

// readiness is what /readyz says.
type readiness struct{ s *Server }

var readyDesc = prometheus.NewDesc("grove_ready", "1 where the role is ready, as /readyz says it.", []string{"role"}, nil)

// Describe implements prometheus.Collector.
func (readiness) Describe(to chan<- *prometheus.Desc) { to <- readyDesc }

// Collect implements prometheus.Collector.
func (r readiness) Collect(to chan<- prometheus.Metric) {
	for role, st := range r.s.health().Roles {
		v := 0.0
		if st.Ready {
			v = 1
		}
		to <- prometheus.MustNewConstMetric(readyDesc, prometheus.GaugeValue, v, string(role))
	}
}
