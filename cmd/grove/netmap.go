package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/files"
	"grove/p2p/netmap"
)

// mapDraft is a network map as somebody writes it.
type mapDraft struct {
	Name    string                    `json:"name"`
	Days    int                       `json:"days"`          // that it holds
	Seq     uint64                    `json:"seq,omitempty"` // 0: the time, in seconds
	Default int                       `json:"default"`
	Groups  map[string][]netip.Prefix `json:"groups"`
	Costs   map[string]map[string]int `json:"costs,omitempty"`
}

const firstDraft = `{
  "name": "Example net",
  "days": 90,
  "default": 50,
  "groups": {
    "north": ["192.0.2.0/24", "2001:db8:1000::/36"],
    "south": ["198.51.100.0/24"],
    "cache": ["192.0.2.64/28"]
  },
  "costs": {
    "north": {"north": 1, "cache": 1, "south": 100},
    "south": {"south": 1, "cache": 1, "north": 100}
  }
}
`

func newMap(t *terminal) *cobra.Command {
	c := &cobra.Command{
		Use:   "map",
		Short: "Make and check network maps: where a byte is cheap and where it is dear",
		Long: `Make and check network maps: where a byte is cheap and where it is dear.

Whoever runs a network, or publishes packages, may say which networks should
feed each other. A map has groups of address prefixes, and what a byte costs a
group that downloads from each group that gives: 0 to 10 is near, up to 99 far,
and from 100 on to be avoided, unless a download is found to be slower for it by
more than a twentieth. Of prefixes that overlap the longest counts. Write a draft,
sign it with one of your keys, and put the file on a web server; whoever shall
go by it sets network.map to its address, a #, and your public key.`,
		Example: `  grove map new > our.json
  grove map sign our.json our.grovemap
  grove map check https://isp.example/our.grovemap
  grove config set network.map https://isp.example/our.grovemap#RWQ...`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newMapNew(t), newMapSign(t), newMapCheck(t))
	return c
}

func newMapNew(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "new",
		Short: "Print a draft to begin with",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(t.out, firstDraft)
			return err
		},
	}
}

func newMapSign(t *terminal) *cobra.Command {
	name := defaultKey
	c := &cobra.Command{
		Use:   "sign DRAFT.json FILE.grovemap",
		Short: "Sign a draft",
		Long: `Sign a draft.

The map holds for days from now, 365 at most: sign it again, and replace the
file, well before. Each map needs a higher seq than the one before; without one
in the draft it is the time.`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			m, err := readDraft(args[0], time.Now())
			if err != nil {
				return err
			}
			path, err := keyPath(t, name)
			if err != nil {
				return err
			}
			key, err := openKey(t, path)
			if err != nil {
				return err
			}
			b, err := key.SignMap(c.Context(), m)
			if err != nil {
				return err
			}
			if err := files.Replace(args[1], b, 0o644); err != nil {
				return err
			}
			return t.showMap(b, args[1])
		},
	}
	c.Flags().StringVar(&name, "name", name, "which key")
	return c
}

// readDraft reads a draft of a map that is made now.
func readDraft(path string, now time.Time) (m pack.Map, err error) {
	b, err := files.Read(path, pack.MaxMap)
	if err != nil {
		return m, err
	}
	var d mapDraft
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return m, app.NewProblem(app.BadInput, path+" is not a draft of a network map", err)
	}
	if dec.More() {
		return m, app.NewProblem(app.BadInput, path+" is not a draft of a network map", errors.New("something follows its end"))
	}
	m = pack.Map{Seq: d.Seq, Created: now, Expires: now.AddDate(0, 0, d.Days), Name: d.Name, Default: d.Default, Groups: d.Groups, Costs: d.Costs}
	if m.Seq == 0 {
		m.Seq = uint64(now.Unix())
	}
	return m, nil
}

func newMapCheck(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE.grovemap|URL",
		Short: "Verify a map, and show what it says and whose it is",
		Long: `Verify a map, and show what it says and whose it is.

Behind the path or the address may be a # and a public key: then it must be that
one's. Compare the fingerprint with whoever gave you the address.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return t.checkMap(c.Context(), args[0]) },
	}
}

func (t *terminal) checkMap(ctx context.Context, arg string) error {
	where, key, pinned := arg, pack.PublicKey{}, false
	if cut := strings.LastIndexByte(arg, '#'); cut >= 0 {
		if k, err := pack.ParsePublicKey(arg[cut+1:]); err == nil { // else the # is part of a path
			where, key, pinned = arg[:cut], k, true
		}
	}
	b, err := t.fetchMap(ctx, where)
	if p := (*app.Problem)(nil); errors.As(err, &p) {
		return p
	} else if err != nil {
		return app.NewProblem(app.NotFound, where, err)
	}
	if pinned {
		if _, err := netmap.Open(b, key, time.Now()); err != nil {
			return badMap(where, err)
		}
	}
	return t.showMap(b, where)
}

// fetchMap reads the bytes of a map; those on the web as the settings say.
func (t *terminal) fetchMap(ctx context.Context, where string) ([]byte, error) {
	c := netmap.Config{Where: where}
	if netmap.IsURL(where) {
		set, err := t.readSettings(ctx)
		if err != nil {
			return nil, err
		}
		if c.Proxy, err = set.Network.ProxyURL(); err != nil {
			return nil, err
		}
		c.Bind, c.Reach.LocalOnly = set.Network.Bind, boot.LocalOnly() || set.Network.LocalOnly
	}
	return netmap.Fetch(ctx, c)
}

func badMap(where string, err error) error {
	return app.NewProblem(app.BadInput, where+" is not a network map to go by", err)
}

// showMap prints what map bytes say that lie at where.
func (t *terminal) showMap(b []byte, where string) error {
	m, err := pack.OpenMap(b)
	if err != nil {
		return badMap(where, err)
	}
	prefixes := 0
	for _, all := range m.Groups {
		prefixes += len(all)
	}
	expires := m.Expires.Format(time.RFC3339)
	if m.Expired(time.Now()) {
		expires += ", so it says nothing any more"
	}
	w := rows(t.out)
	w.row("name", foreign(m.Name))
	w.row("by", m.Publisher.Fingerprint())
	w.row("public key", m.Publisher.String())
	w.row("number", fmt.Sprint(m.Seq))
	w.row("expires", expires)
	w.row("groups", fmt.Sprintf("%d, with %d prefixes", len(m.Groups), prefixes))
	w.row("network.map", where+"#"+m.Publisher.String())
	return w.Flush()
}
