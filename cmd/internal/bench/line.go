package main

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// shaped is two network namespaces and the line between them.
type shaped struct {
	client, server string
	serverAddr     string
}

// shapedLine makes the namespaces; the server's side sends at rate.
func (l *lab) shapedLine(ctx context.Context, rate string) (*shaped, error) {
	s := &shaped{client: fmt.Sprintf("grove-c-%d", os.Getpid()), server: fmt.Sprintf("grove-s-%d", os.Getpid()), serverAddr: "10.203.0.1"}
	l.ends = append(l.ends, func() {
		// The devices go with their namespaces.
		_, _, _ = l.do(context.Background(), "ip", "netns", "del", s.client)
		_, _, _ = l.do(context.Background(), "ip", "netns", "del", s.server)
	})
	for _, line := range []string{
		"ip netns add " + s.client,
		"ip netns add " + s.server,
		"ip link add veth0 netns " + s.server + " type veth peer name veth0 netns " + s.client,
		"ip -n " + s.server + " addr add " + s.serverAddr + "/24 dev veth0",
		"ip -n " + s.client + " addr add 10.203.0.2/24 dev veth0",
		"ip -n " + s.server + " link set veth0 up",
		"ip -n " + s.client + " link set veth0 up",
		"ip -n " + s.client + " link set lo up",
		"tc -n " + s.server + " qdisc add dev veth0 root tbf rate " + rate + " burst 256kb latency 50ms",
	} {
		f := strings.Fields(line)
		if _, _, err := l.do(ctx, f[0], f[1:]...); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// serve starts nginx in the server's namespace.
func (s *shaped) serve(ctx context.Context, l *lab, folder string) error {
	conf, err := l.nginxConf(folder, s.serverAddr+":8080", "")
	if err != nil {
		return err
	}
	if _, err := l.start(ctx, "ip", "netns", "exec", s.server, "nginx", "-c", conf, "-e", l.at("nginx", "error.log")); err != nil {
		return err
	}
	// The client reaches it as soon as it listens.
	_, _, err = l.do(ctx, "ip", "netns", "exec", s.client, "curl", "-sf", "--retry", "50", "--retry-connrefused", "--retry-delay", "1",
		"-r", "0-0", "-o", "/dev/null", "http://"+s.serverAddr+":8080/film.bin")
	return err
}
