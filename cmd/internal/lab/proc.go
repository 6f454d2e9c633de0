package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// proc is a command at work in a space. What it prints is kept, with the time.
type proc struct {
	cmd   *exec.Cmd
	name  string
	began time.Time
	log   *os.File
	end   time.Time     // set before ended is closed
	ended chan struct{} // closed when it has ended and everything is read

	mu    sync.Mutex
	lines []line        // guarded by mu
	more  chan struct{} // guarded by mu; closed at the next line
}

// line is a line that a command printed.
type line struct {
	at    time.Time
	text  string
	event event // zero: no JSON
}

// event is what the lab reads of a line of --json.
type event struct {
	Event  string   `json:"event"`
	State  string   `json:"state"`
	Link   string   `json:"link"`
	Addrs  []string `json:"addresses"`
	Size   int64    `json:"size"`
	Have   int64    `json:"have"`
	Path   string   `json:"path"`
	People int      `json:"people"`
	Missed int      `json:"missed"`
	Bytes  struct {
		Peers  int64 `json:"peers"`
		Origin int64 `json:"origin"`
		Given  int64 `json:"given"`
	} `json:"bytes"`
	Sources []struct {
		Kind  string `json:"kind"`
		Bytes int64  `json:"bytes"`
	} `json:"sources"`
	Problem *problem `json:"problem"`
}

type problem struct {
	Kind   string `json:"kind"`
	Text   string `json:"text"`
	Advice string `json:"advice"`
}

// start starts a command in c's space, with an environment of its own.
func (c *computer) start(name string, args ...string) *proc {
	w := c.w
	c.runs++
	what := filepath.Base(name)
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		what = args[0]
	}
	p := &proc{name: fmt.Sprintf("%s-%d-%s", c.short, c.runs, what), ended: make(chan struct{}), more: make(chan struct{})}
	var err error
	p.log, err = os.Create(filepath.Join(w.dir, p.name+".log"))
	w.must(err)
	p.cmd = exec.CommandContext(w.ctx, "ip", append([]string{"netns", "exec", c.name, name}, args...)...)
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir, "LANG=C.UTF-8", "TMPDIR=" + c.dir, "GOTRACEBACK=all", "GROVE_AROUND=none"}
	if c.finders != "" {
		p.cmd.Env = append(p.cmd.Env, "GROVE_FINDERS="+c.finders)
	}
	if level := os.Getenv("GOLOG_LOG_LEVEL"); level != "" { // libp2p's own log, to look into what failed
		p.cmd.Env = append(p.cmd.Env, "GOLOG_LOG_LEVEL="+level)
	}
	p.cmd.Dir = c.dir
	// It ends with the lab, whatever ends that.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p.cmd.WaitDelay = 2 * time.Second
	r, wr := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = wr, wr
	fmt.Fprintln(p.log, "$", strings.Join(p.cmd.Args, " "))
	p.began = time.Now()
	w.must(p.cmd.Start())
	w.mu.Lock()
	w.procs = append(w.procs, p)
	w.mu.Unlock()
	read := make(chan struct{})
	go func() { defer close(read); p.read(r) }()
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // how it ended is in ProcessState
		p.end = time.Now()
		_ = wr.Close()
		<-read
		_ = p.log.Close()
	}()
	return p
}

// read takes down what is printed.
func (p *proc) read(r io.Reader) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		l := line{at: time.Now(), text: s.Text()}
		if strings.HasPrefix(l.text, "{") {
			_ = json.Unmarshal([]byte(l.text), &l.event) // the network's log may begin so too
		}
		fmt.Fprintf(p.log, "%8.3f %s\n", l.at.Sub(p.began).Seconds(), l.text)
		p.mu.Lock()
		p.lines = append(p.lines, l)
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, r) // a line too long ends no command
}

var errEnded = errors.New("it ended first")

// await is the first line that is wanted, from those printed so far on.
func (p *proc) await(limit time.Duration, want func(line) bool) (line, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	next, over := 0, false
	for {
		p.mu.Lock()
		for ; next < len(p.lines); next++ {
			if want(p.lines[next]) {
				defer p.mu.Unlock()
				return p.lines[next], nil
			}
		}
		more := p.more
		p.mu.Unlock()
		if over {
			return line{}, fmt.Errorf("%s: %w: %s", p.name, errEnded, p.tail(3))
		}
		select {
		case <-more:
		case <-p.ended:
			over = true
		case <-timer.C:
			return line{}, fmt.Errorf("%s: not within %s: %s", p.name, limit, p.tail(3))
		}
	}
}

// said is the first line of the event name.
func (p *proc) said(limit time.Duration, name string) (line, error) {
	return p.await(limit, func(l line) bool { return l.event.Event == name })
}

// tail is the last n lines.
func (p *proc) tail(n int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for _, l := range p.lines[max(0, len(p.lines)-n):] {
		all = append(all, l.text)
	}
	return strings.Join(all, " | ")
}

// all is everything it printed.
func (p *proc) all() string { return p.tail(1 << 30) }

// exit waits for the end and is the exit code; -1 is that it goes on or was
// killed.
func (p *proc) exit(limit time.Duration) int {
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(limit):
		return -1
	}
}

// stop ends it as Ctrl-C does, and reports whether it ended by itself.
func (p *proc) stop() bool {
	_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended
	select {
	case <-p.ended:
		return true
	case <-time.After(10 * time.Second):
		p.kill()
		return false
	}
}

// kill ends it at once.
func (p *proc) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}
