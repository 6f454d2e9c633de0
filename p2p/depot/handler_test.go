package depot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"grove/app/apptest"
	"grove/app/pack"
)

// post sends parts as they are and returns what the depot says.
func post(t *testing.T, base string, parts ...field) (status int, no Refusal) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, p := range parts {
		w, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q", p.name)}})
		if err == nil {
			_, err = w.Write(p.b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(base+ordersPath, form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		if err := json.Unmarshal(b, &no); err != nil || no.Text == "" {
			t.Fatalf("%d: %q, %v", resp.StatusCode, b, err)
		}
	}
	return resp.StatusCode, no
}

// TestWhatHandlersRefuse: every wrong order has its status and its reason, and
// none reaches the shelf.
func TestWhatHandlersRefuse(t *testing.T) {
	made, other := film(t, 1), film(t, 2)
	mine := apptest.Package(t, apptest.Options{Key: &made.Key})
	shelf := newFake(made.Key.Public())
	base := serve(t, shelf, nil)
	now := time.Now()
	good := pack.Order{Do: pack.Keep, Depot: base, Package: made.Package.ID, Publisher: made.Key.Public(), Until: now.Add(time.Hour), At: now}
	order := func(k pack.SecretKey, change func(*pack.Order)) []byte {
		t.Helper()
		o := good
		change(&o)
		b, err := pack.SignOrder(o, k)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	right := order(made.Key, func(*pack.Order) {})
	all := []field{{"order", right}, {"grove", made.Grove}, {"hashes", made.List}}
	with := func(more ...field) []field { return append(all[:3:3], more...) }
	for name, c := range map[string]struct {
		parts  []field
		status int
		reason Reason
	}{
		"no order":               {nil, 400, BadRequest},
		"the package first":      {[]field{{"grove", made.Grove}, {"order", right}}, 400, BadRequest},
		"no signature":           {[]field{{"order", []byte("{}")}}, 401, BadOrder},
		"an order too long":      {[]field{{"order", append(bytes.Clone(right), make([]byte, pack.MaxOrder)...)}}, 400, BadRequest},
		"a package as an order":  {[]field{{"order", made.Grove}}, 401, BadOrder},
		"altered":                {[]field{{"order", bytes.Replace(right, []byte(`"keep"`), []byte(`"drop"`), 1)}}, 401, BadOrder},
		"another key":            {[]field{{"order", order(other.Key, func(o *pack.Order) { o.Publisher = other.Key.Public() })}}, 403, BadKey},
		"another depot":          {[]field{{"order", order(made.Key, func(o *pack.Order) { o.Depot = "https://depot.example.org/" })}}, 403, Elsewhere},
		"long ago":               {[]field{{"order", order(made.Key, func(o *pack.Order) { o.At = now.Add(-Window - time.Minute) })}}, 409, Clock},
		"in the future":          {[]field{{"order", order(made.Key, func(o *pack.Order) { o.At = now.Add(Window + time.Minute) })}}, 409, Clock},
		"a drop long ago":        {[]field{{"order", order(made.Key, func(o *pack.Order) { o.Do, o.Until, o.At = pack.Drop, time.Time{}, now.Add(-time.Hour) })}}, 409, Clock},
		"no hashes":              {all[:2], 422, BadPackage},
		"no package":             {[]field{all[0], all[2]}, 422, BadPackage},
		"a broken package":       {[]field{all[0], {"grove", made.Grove[:100]}, all[2]}, 422, BadPackage},
		"another package":        {[]field{all[0], {"grove", other.Grove}, {"hashes", other.List}}, 422, BadPackage},
		"another of his":         {[]field{all[0], {"grove", mine.Grove}, {"hashes", mine.List}}, 422, BadPackage},
		"another hash list":      {[]field{all[0], all[1], {"hashes", make([]byte, len(made.List))}}, 422, BadPackage},
		"another poster":         {with(field{"poster", []byte("x")}), 422, BadPackage},
		"a poster too large":     {with(field{"poster", make([]byte, pack.MaxPoster+1)}), 400, BadRequest},
		"a secret too short":     {with(field{"secret", make([]byte, 31)}), 400, BadRequest},
		"a secret too long":      {with(field{"secret", make([]byte, 33)}), 400, BadRequest},
		"an unknown part":        {with(field{"price", []byte("1")}), 400, BadRequest},
		"a part twice":           {with(all[1]), 400, BadRequest},
		"a hash list too large":  {[]field{all[0], {"hashes", make([]byte, pack.MaxPieces*32+1)}}, 400, BadRequest},
		"more than there can be": {with(field{"poster", make([]byte, pack.MaxPoster)}, field{"secret", make([]byte, maxBody)}), 422, ""},
	} {
		status, no := post(t, base, c.parts...)
		if c.reason == "" { // whichever limit is met first
			if status < 400 {
				t.Errorf("%s: %d", name, status)
			}
			continue
		}
		if status != c.status || no.Reason != c.reason {
			t.Errorf("%s: %d %+v", name, status, no)
		}
		if no.Reason == BadKey && no.Key != other.Key.Public().Fingerprint() || no.Reason == Elsewhere && no.Depot != base ||
			no.Reason == Clock && time.Since(no.Now) > time.Minute {
			t.Errorf("%s: it does not say which: %+v", name, no)
		}
	}
	if shelf.acted() > 0 {
		t.Errorf("%d orders were acted on", shelf.acted())
	}
	if status, _ := post(t, base, with(field{"poster", made.Poster})...); status != http.StatusOK || shelf.acted() != 1 {
		t.Errorf("the right one: %d", status)
	}
	shelf.set(errors.New("the disk at /secret/path is on fire"))
	if status, no := post(t, base, all...); status != http.StatusInternalServerError || strings.Contains(no.Text, "secret") {
		t.Errorf("its own trouble: %d %+v", status, no)
	}
	shelf.set(&Refusal{Reason: Busy, Text: "Closing."})
	if status, no := post(t, base, all...); status != http.StatusServiceUnavailable || no.After != busyAfter {
		t.Errorf("closing: %d %+v", status, no)
	}
	if resp, err := http.Post(base+ordersPath, "application/json", strings.NewReader("{}")); err != nil || resp.StatusCode != 400 {
		t.Errorf("not a form: %v, %v", resp, err)
	} else {
		resp.Body.Close()
	}
}

// get asks for a file.
func get(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// TestFiles: ranges, tags and kinds.
func TestFiles(t *testing.T) {
	shelf := newFake()
	for name, text := range map[string]string{
		"p/film.mkv": "0123456789", "p/a b/ü.MP4": "x", "p/page.html": "<script>", "p/pic.svg": "<svg>", "p/doc.txt": "text", "p/none": "?",
		"private/a.jpg": "jpeg",
	} {
		shelf.files[name] = text
	}
	base := serve(t, shelf, nil)
	d := base + "d/"
	for name, want := range map[string][2]string{
		"p/film.mkv": {"video/x-matroska", ""}, "p/a%20b/%C3%BC.MP4": {"video/mp4", ""}, "p/page.html": {"application/octet-stream", "attachment"},
		"p/pic.svg": {"application/octet-stream", "attachment"}, "p/doc.txt": {"text/plain; charset=utf-8", "attachment"},
		"p/none": {"application/octet-stream", "attachment"}, "private/a.jpg": {"image/jpeg", ""},
	} {
		resp, _ := get(t, http.MethodGet, d+name)
		h := resp.Header
		if resp.StatusCode != 200 || h.Get("Content-Type") != want[0] || h.Get("Content-Disposition") != want[1] || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Accept-Ranges") != "bytes" || !strings.HasPrefix(h.Get("ETag"), `"tag-of-`) {
			t.Errorf("%s: %s %v", name, resp.Status, h)
		}
		if private := strings.HasPrefix(name, "private"); private != (h.Get("Cache-Control") == "private") {
			t.Errorf("%s: cached as %q", name, h.Get("Cache-Control"))
		}
	}
	film, tag := d+"p/film.mkv", `"tag-of-film.mkv"`
	for _, c := range []struct {
		method string
		header []string
		status int
		body   string
	}{
		{"GET", nil, 200, "0123456789"},
		{"HEAD", nil, 200, ""},
		{"GET", []string{"Range", "bytes=2-4"}, 206, "234"},
		{"GET", []string{"Range", "bytes=-3"}, 206, "789"},
		{"GET", []string{"Range", "bytes=10-"}, 416, ""},
		{"GET", []string{"Range", "bytes=2-4", "If-Range", tag}, 206, "234"},
		{"GET", []string{"Range", "bytes=2-4", "If-Range", `"other"`}, 200, "0123456789"},
		{"GET", []string{"If-None-Match", tag}, 304, ""},
		{"POST", nil, 405, ""},
		{"PUT", nil, 405, ""},
	} {
		resp, b := get(t, c.method, film, c.header...)
		if resp.StatusCode != c.status || c.status < 300 && b != c.body {
			t.Errorf("%s %q: %s %q", c.method, c.header, resp.Status, b)
		}
	}
	for _, url := range []string{d + "p/", d + "p", d + "p/film", d + "q/film.mkv", d + "p/../private/a.jpg", d + "p//film.mkv", d, base, base + "grove/v1/packages/x", base + "x"} {
		if resp, b := get(t, http.MethodGet, url); resp.StatusCode != 404 || b != "There is nothing here.\n" || resp.Header.Get("ETag") != "" {
			t.Errorf("%s: %s %q", url, resp.Status, b)
		}
	}
	if resp, _ := get(t, http.MethodGet, base+ordersPath); resp.StatusCode != 405 {
		t.Errorf("orders are not read: %s", resp.Status)
	}
	shelf.set(errors.New("disk"))
	if resp, b := get(t, http.MethodGet, film); resp.StatusCode != 404 || strings.Contains(b, "disk") {
		t.Errorf("a trouble of its own: %s %q", resp.Status, b)
	}
}

// TestSideNames: the second name is the one that publishing gives the file.
func TestSideNames(t *testing.T) {
	for title, want := range map[string]string{"A film": "A film.grove", "A/B": "film.mkv.grove", "con": "film.mkv.grove"} {
		made := film(t, 1)
		m := made.Package.Manifest
		m.Name = title
		b, err := pack.Sign(m, made.Key)
		if err != nil {
			t.Fatal(err)
		}
		p, err := pack.Open(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := SideNames(p); len(got) != 2 || got[0] != p.ID.String()+".grove" || got[1] != want {
			t.Errorf("%s: %q", title, got)
		}
	}
}

// FuzzOrderRequest: whatever is posted, the answer is one of those that are
// agreed on, and nothing reaches the shelf without a key that is allowed.
func FuzzOrderRequest(f *testing.F) {
	made := film(f, 1)
	const base = "https://depot.example.org/"
	o, err := pack.SignOrder(pack.Order{Do: pack.Drop, Depot: base, Package: made.Package.ID, Publisher: made.Key.Public(), At: time.Now()}, made.Key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"order\"\r\n\r\n" + string(o) + "\r\n--b--\r\n"))
	f.Add([]byte("--b\r\n\r\n--b--"))
	shelf := newFake()
	h, err := NewHandler(HandlerConfig{Base: base, Shelf: shelf})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := http.NewRequest(http.MethodPost, base+ordersPath, bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		w := &writer{header: http.Header{}}
		h.ServeHTTP(w, r)
		var no Refusal
		if w.status == http.StatusOK || json.Unmarshal(w.body.Bytes(), &no) != nil || statuses[no.Reason] != w.status || shelf.acted() > 0 {
			t.Errorf("%d %s", w.status, w.body.String())
		}
	})
}

type writer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *writer) Header() http.Header         { return w.header }
func (w *writer) Write(b []byte) (int, error) { return w.body.Write(b) }
func (w *writer) WriteHeader(status int)      { w.status = status }
