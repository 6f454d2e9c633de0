package mirror

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// shortLimits make the rows that end by a limit end soon.
var shortLimits = limits{
	dial: 5 * time.Second, tls: 5 * time.Second, header: 700 * time.Millisecond,
	idle: time.Second, total: 3 * time.Second, slowest: 1 << 30,
}

// rowPatience is the time in which every row has to end, one way or the other.
const rowPatience = 15 * time.Second

// faultRow is one way in which a server misbehaves, and what each of the runs
// asked of it comes to: rightBytes, wrongBytes, or the kind of a problem.
type faultRow struct {
	name  string
	serve func(x *exchange) bool
	runs  []app.Run // default: the second and third piece
	want  []string
	text  string // in the last problem's text
	slow  bool   // ends by a limit
	after time.Duration
}

const faulty, busy, refused = string(app.SourceFault), string(app.SourceBusy), string(app.Refused)

var pieceByPiece = []app.Run{{First: 0, Count: 1}, {First: 1, Count: 1}, {First: 2, Count: 1}}

// rawFaults are those of SECURITY.md 3.5 that a server brings about over a
// plain connection.
var rawFaults = []faultRow{
	{name: "none", want: []string{rightBytes},
		serve: func(x *exchange) bool { return x.right() }},

	// Go's client reports success, and the bytes are wrong.
	{name: "200 and the whole file", want: []string{faulty}, text: "does not support ranges",
		serve: func(x *exchange) bool {
			x.head("200 OK", fmt.Sprint("Content-Length: ", len(x.content)))
			x.Write(x.content)
			return true
		}},
	{name: "200 and the whole file, asked from its start", want: []string{rightBytes, rightBytes},
		runs: []app.Run{{First: 0, Count: 2}, {First: 0, Count: 3}},
		serve: func(x *exchange) bool {
			x.head("200 OK", fmt.Sprint("Content-Length: ", len(x.content)))
			x.Write(x.content)
			return true
		}},
	{name: "200 and a file without length", runs: pieceByPiece[:1], want: []string{faulty}, text: "does not say how long",
		serve: func(x *exchange) bool {
			x.head("200 OK")
			x.Write(x.content)
			return false
		}},
	{name: "Content-Range of another range", want: []string{faulty}, text: "sent bytes 0-",
		serve: func(x *exchange) bool {
			n := x.end - x.first
			x.head("206 Partial Content", fmt.Sprintf("Content-Range: bytes 0-%d/%d", n-1, len(x.content)), fmt.Sprint("Content-Length: ", n))
			x.Write(x.content[:n])
			return true
		}},
	{name: "Content-Range that begins elsewhere", want: []string{faulty}, text: "sent bytes 0-",
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", fmt.Sprintf("Content-Range: bytes 0-%d/%d", x.end-1, len(x.content)), fmt.Sprint("Content-Length: ", x.end-x.first))
			x.Write(x.body())
			return true
		}},
	{name: "multipart", want: []string{faulty}, text: "several ranges",
		serve: func(x *exchange) bool {
			return x.right("Content-Type: Multipart/Byteranges; boundary=x")
		}},
	{name: "no Content-Length and an early close", want: []string{faulty}, text: "closed the connection after 1000 of",
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange())
			x.Write(x.body()[:1000])
			return false
		}},
	{name: "no Content-Length and all bytes", want: []string{rightBytes},
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange())
			x.Write(x.body())
			return false
		}},
	{name: "Content-Length smaller than the range", want: []string{faulty}, text: "announced 1000 bytes",
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange(), "Content-Length: 1000")
			x.Write(x.body()[:1000])
			return true
		}},
	{name: "unasked gzip", want: []string{faulty}, text: "Content-Encoding: gzip",
		serve: func(x *exchange) bool {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(x.body())
			z.Close()
			x.head("206 Partial Content", x.contentRange(), "Content-Encoding: gzip", fmt.Sprint("Content-Length: ", b.Len()))
			x.Write(b.Bytes())
			return true
		}},
	{name: "right length but wrong bytes", want: []string{wrongBytes},
		serve: func(x *exchange) bool {
			x.content = make([]byte, len(x.content))
			return x.right()
		}},
	{name: "HTML login page", want: []string{faulty}, text: "does not support ranges",
		serve: func(x *exchange) bool {
			x.head("200 OK", "Content-Type: text/html", "Content-Length: 14")
			fmt.Fprint(x, "<html>log in</")
			return true
		}},
	{name: "HTML login page instead of the start", runs: pieceByPiece[:1], want: []string{faulty}, text: "sent a file of 14 bytes",
		serve: func(x *exchange) bool {
			x.head("200 OK", "Content-Type: text/html", "Content-Length: 14")
			fmt.Fprint(x, "<html>log in</")
			return true
		}},

	// Go's client reports success, and the head lies.
	{name: "wrong total size", want: []string{faulty}, text: "the signed one has",
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", fmt.Sprintf("Content-Range: bytes %d-%d/%d", x.first, x.end-1, len(x.content)+1), fmt.Sprint("Content-Length: ", x.end-x.first))
			x.Write(x.body())
			return true
		}},
	{name: "unknown total size", want: []string{faulty}, text: "cannot be read",
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", fmt.Sprintf("Content-Range: bytes %d-%d/*", x.first, x.end-1), fmt.Sprint("Content-Length: ", x.end-x.first))
			x.Write(x.body())
			return true
		}},
	{name: "206 without Content-Range", want: []string{faulty}, text: "0 Content-Range lines",
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", fmt.Sprint("Content-Length: ", x.end-x.first))
			x.Write(x.body())
			return true
		}},
	{name: "two Content-Ranges", want: []string{faulty}, text: "2 Content-Range lines",
		serve: func(x *exchange) bool { return x.right(x.contentRange()) }},
	{name: "ETag changes each time", runs: pieceByPiece, want: []string{rightBytes, faulty, rightBytes}, // then they are not believed
		serve: func(x *exchange) bool { return x.right(fmt.Sprintf(`ETag: "v%d"`, x.n)) }},
	{name: "2 MiB of headers", want: []string{faulty}, text: "header",
		serve: func(x *exchange) bool { return x.right("X-Long: " + strings.Repeat("x", 2<<20)) }},

	// These end only by a limit of our own.
	{name: "never answers", slow: true, want: []string{faulty}, text: "timeout awaiting response headers",
		serve: func(x *exchange) bool { return x.hold() }},
	{name: "head is dripped", slow: true, want: []string{faulty}, text: "timeout awaiting response headers",
		serve: func(x *exchange) bool {
			fmt.Fprint(x, "HTTP/1.1 206 Partial Content\r\nX-Drip: ")
			return x.drip([]byte("x"), 10*time.Millisecond)
		}},
	{name: "body stops", slow: true, want: []string{faulty}, text: errIdle.Error(),
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange(), fmt.Sprint("Content-Length: ", x.end-x.first))
			x.Write(x.body()[:1000])
			return x.hold()
		}},
	{name: "body is dripped", slow: true, want: []string{faulty}, text: errSlow.Error(),
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange(), fmt.Sprint("Content-Length: ", x.end-x.first))
			return x.drip([]byte("x"), 10*time.Millisecond)
		}},
	{name: "endless body", want: []string{rightBytes}, // read to the end of the range and no further
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange())
			x.Write(x.body())
			return x.drip(make([]byte, 64<<10), time.Millisecond)
		}},
	{name: "endless 1xx", slow: true, want: []string{faulty},
		serve: func(x *exchange) bool {
			return x.drip([]byte("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), time.Millisecond)
		}},

	// Statuses.
	{name: "404", want: []string{faulty}, text: "(404 Not Found)",
		serve: func(x *exchange) bool { return x.status("404 Gone fishing") }},
	{name: "410", want: []string{faulty}, text: "(410 Gone)",
		serve: func(x *exchange) bool { return x.status("410 Gone") }},
	{name: "416", want: []string{faulty}, text: "shorter than the signed one",
		serve: func(x *exchange) bool { return x.status("416 No", "Content-Range: bytes */10") }},
	{name: "429 with an absurd Retry-After", want: []string{busy}, text: "(429 Too Many Requests)", after: maxRetryAfter,
		serve: func(x *exchange) bool {
			return x.status("429 No", "Retry-After: 99999999999999999999999999")
		}},
	{name: "503", want: []string{busy}, text: "(503 Service Unavailable)", after: 7 * time.Second,
		serve: func(x *exchange) bool { return x.status("503 No", "Retry-After: 7") }},
	{name: "503 without a time", want: []string{busy},
		serve: func(x *exchange) bool { return x.status("503 No", "Retry-After: soon") }},
	{name: "401", want: []string{faulty}, text: "(401 Unauthorized)",
		serve: func(x *exchange) bool { return x.status("401 No", "WWW-Authenticate: Basic") }},
	{name: "403", want: []string{faulty}, text: "(403 Forbidden)",
		serve: func(x *exchange) bool { return x.status("403 No") }},
	{name: "407", want: []string{faulty}, text: "(407 Proxy Authentication Required)",
		serve: func(x *exchange) bool { return x.status("407 No") }},
	{name: "451", want: []string{faulty}, text: "(451 Unavailable For Legal Reasons)",
		serve: func(x *exchange) bool { return x.status("451 No") }},
	{name: "500", want: []string{faulty}, text: "(500 Internal Server Error)",
		serve: func(x *exchange) bool { return x.status("500 No") }},
	{name: "a status nobody knows", want: []string{faulty}, text: "(299)",
		serve: func(x *exchange) bool { return x.status("299 OK") }},
	{name: "200 with Content-Length 0", runs: pieceByPiece[:1], want: []string{faulty}, text: "sent a file of 0 bytes",
		serve: func(x *exchange) bool {
			x.head("200 OK", "Content-Length: 0")
			return true
		}},

	// net/http notices these.
	{name: "short body", want: []string{faulty}, text: "closed the connection after 1000 of",
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange(), fmt.Sprint("Content-Length: ", x.end-x.first))
			x.Write(x.body()[:1000])
			return false
		}},
	{name: "redirect to a file", want: []string{refused}, text: "only http and https",
		serve: func(x *exchange) bool { return x.status("302 Found", "Location: file:///etc/passwd") }},
	{name: "redirect to nowhere", want: []string{faulty}, text: "without a Location",
		serve: func(x *exchange) bool { return x.status("302 Found") }},
	{name: "redirect to no address", want: []string{faulty}, text: "not an address",
		serve: func(x *exchange) bool { return x.status("302 Found", "Location: http://[::1/") }},
	{name: "redirect with a user name", want: []string{refused}, text: "user name",
		serve: func(x *exchange) bool { return x.status("302 Found", "Location: http://a:b@cdn.example/") }},
	{name: "redirect loop", want: []string{faulty}, text: "redirected more than 3 times",
		serve: func(x *exchange) bool { return x.status("301 Moved", "Location: /file.bin") }},
	{name: "not HTTP", want: []string{faulty}, text: "malformed HTTP",
		serve: func(x *exchange) bool {
			fmt.Fprint(x, "SSH-2.0-OpenSSH_9.2\r\n")
			return false
		}},
	{name: "HTTP/2 GOAWAY", want: []string{faulty}, text: "malformed HTTP",
		serve: func(x *exchange) bool {
			x.Write([]byte("\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\r\n"))
			return false
		}},
	{name: "reset in the body", want: []string{faulty},
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange(), fmt.Sprint("Content-Length: ", x.end-x.first))
			x.Write(x.body()[:100_000])
			_ = x.Conn.(*net.TCPConn).SetLinger(0)
			return false
		}},
	{name: "reset instead of an answer", want: []string{faulty},
		serve: func(x *exchange) bool {
			_ = x.Conn.(*net.TCPConn).SetLinger(0)
			return false
		}},
	{name: "bad chunk", want: []string{faulty}, text: "chunk",
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange(), "Transfer-Encoding: chunked")
			fmt.Fprintf(x, "3e8\r\n%s\r\nnot a number\r\n", x.body()[:1000])
			return false
		}},
	{name: "chunks instead of a length", runs: pieceByPiece, want: []string{rightBytes, rightBytes, rightBytes},
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange(), "Transfer-Encoding: chunked")
			fmt.Fprintf(x, "%x\r\n%s\r\n0\r\n\r\n", x.end-x.first, x.body())
			return true
		}},
	{name: "two Content-Lengths", want: []string{faulty}, text: "Content-Length",
		serve: func(x *exchange) bool { return x.right("Content-Length: 7") }},

	// Further ones.
	{name: "Last-Modified changes in between", runs: pieceByPiece, want: []string{rightBytes, faulty, rightBytes},
		serve: func(x *exchange) bool {
			return x.right(fmt.Sprintf("Last-Modified: Mon, 05 Jan 2026 00:00:0%d GMT", min(x.n, 2)))
		}},
	{name: "If-Range finds another file", runs: pieceByPiece[:2], want: []string{rightBytes, faulty}, text: "changed the file",
		serve: func(x *exchange) bool {
			if x.n == 1 {
				return x.right(`ETag: "old"`)
			}
			if x.req.Header.Get("If-Range") != `"old"` {
				return x.status("400 No If-Range")
			}
			x.head("200 OK", `ETag: "new"`, "Content-Length: 3")
			fmt.Fprint(x, "new")
			return true
		}},
	{name: "slow start, then full speed", want: []string{rightBytes},
		serve: func(x *exchange) bool {
			x.head("206 Partial Content", x.contentRange(), fmt.Sprint("Content-Length: ", x.end-x.first))
			b := x.body()
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for i := range 10 {
				x.Write(b[i : i+1])
				<-tick.C
			}
			x.Write(b[10:])
			return true
		}},
	{name: "keeps the connection and says nothing more", runs: pieceByPiece[:2], slow: true, want: []string{rightBytes, faulty},
		serve: func(x *exchange) bool {
			if x.n == 1 {
				return x.right()
			}
			return x.hold()
		}},
	{name: "closes the connection between two answers", runs: pieceByPiece, want: []string{rightBytes, rightBytes, rightBytes},
		serve: func(x *exchange) bool {
			x.right()
			return false
		}},
}

func TestFaults(t *testing.T) {
	for _, row := range rawFaults {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			made := oneFile(t)
			srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], row.serve)
			c := Config{}
			if row.slow {
				c.limits = shortLimits
			}
			row.check(t, c, made, "http://"+srv.addr+"/file.bin")
		})
	}
}

// check asks the server at url for the row's runs and compares what came of
// them.
func (row faultRow) check(t *testing.T, c Config, made *apptest.Made, url string) {
	t.Helper()
	start := time.Now()
	s := typedSource(t, newClient(t, c), made, url)
	runs := row.runs
	if runs == nil {
		runs = []app.Run{{First: 1, Count: 2}}
	}
	var last error
	for i, run := range runs {
		got, err := fetch(t, s, made, run)
		if i >= len(row.want) || got != row.want[i] {
			t.Errorf("run %v: %s (%v); want %q", run, got, err, row.want)
		}
		last = err
	}
	if last != nil && !strings.Contains(last.Error(), row.text) {
		t.Errorf("%v\nshould say %q", last, row.text)
	}
	if p := app.AsProblem(last); p != nil && p.After != row.after {
		t.Errorf("After = %v, want %v", p.After, row.after)
	}
	if took := time.Since(start); took > rowPatience {
		t.Errorf("it took %v", took)
	}
}
