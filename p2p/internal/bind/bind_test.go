package bind

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"grove/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopback is the name of the loopback interface.
func loopback(t *testing.T) string {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, itf := range all {
		if itf.Flags&net.FlagLoopback != 0 && itf.Flags&net.FlagUp != 0 {
			return itf.Name
		}
	}
	t.Skip("no loopback interface is up")
	return ""
}

func TestCheck(t *testing.T) {
	lo := loopback(t)
	for _, good := range []Local{"", "127.0.0.1", "::ffff:127.0.0.1", Local(lo)} {
		if err := good.Check(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, row := range []struct {
		bad  string
		kind app.ProblemKind
		says string
	}{
		{"nosuch0", app.NoInterface, lo + " (127.0.0.1)"},
		{"192.0.2.1", app.NoInterface, lo + " (127.0.0.1)"},
		{"2001:db8::1", app.NoInterface, "not an address of this computer"},
		{"0.0.0.0", app.BadInput, "not an address that others can be reached from"},
		{"::", app.BadInput, "not an address that others"},
		{"224.0.0.1", app.BadInput, "not an address that others"},
		{"255.255.255.255", app.BadInput, "not an address that others"},
		{"fe80::1", app.BadInput, "not an address that others"},
		{" ", app.NoInterface, "no such network interface"},
	} {
		err := Local(row.bad).Check()
		p := app.AsProblem(err)
		if p == nil || p.Kind != row.kind || !strings.Contains(p.Sentence(), row.bad) || !strings.Contains(p.Error(), row.says) {
			t.Errorf("%q: %v", row.bad, err)
		}
	}
}

func TestSource(t *testing.T) {
	v4, v6 := netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("2606:4700::1")
	for _, row := range []struct {
		local Local
		to    netip.Addr
		want  string
	}{
		{"127.0.0.2", v4, "127.0.0.2"},
		{"127.0.0.2", netip.MustParseAddr("::ffff:10.1.2.3"), "127.0.0.2"},
		{"127.0.0.2", v6, ""},
		{"::1", v6, "::1"},
		{"::1", v4, ""},
		{Local(loopback(t)), v4, "127.0.0.1"},
		{"nosuch0", v4, ""},
	} {
		got, err := row.local.Source(row.to)
		if row.want == "" {
			if err == nil {
				t.Errorf("%s to %s: %s", row.local, row.to, got)
			}
			continue
		}
		if err != nil || got.String() != row.want {
			t.Errorf("%s to %s: %s, %v", row.local, row.to, got, err)
		}
	}
}

// TestDial asks the other side who calls.
func TestDial(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, local := range []Local{"", "127.0.0.2", Local(loopback(t))} {
		conn, err := local.DialContext(t.Context(), net.Dialer{}, "tcp", l.Addr().String())
		if err != nil {
			t.Fatalf("from %q: %v", local, err)
		}
		other, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		want := "127.0.0.1"
		if local == "127.0.0.2" {
			want = "127.0.0.2"
		}
		if from := other.RemoteAddr().(*net.TCPAddr).IP.String(); from != want {
			t.Errorf("from %q: called from %s", local, from)
		}
		conn.Close()
		other.Close()
	}
	for _, local := range []Local{"nosuch0", "192.0.2.1", "::1"} {
		if conn, err := local.DialContext(t.Context(), net.Dialer{}, "tcp", l.Addr().String()); err == nil {
			t.Errorf("from %q: connected as %s", local, conn.LocalAddr())
			conn.Close()
		}
	}
}

func TestUsable(t *testing.T) {
	var got []string
	for _, s := range []string{"127.0.0.1", "::1", "169.254.1.1", "10.0.0.1", "fd00::1", "2606:4700::1", "fe80::1", "ff02::1", "224.0.0.1", "0.0.0.0", "::"} {
		if usable(netip.MustParseAddr(s)) {
			got = append(got, s)
		}
	}
	want := []string{"127.0.0.1", "::1", "169.254.1.1", "10.0.0.1", "fd00::1", "2606:4700::1"}
	if !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
}
