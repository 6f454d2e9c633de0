package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const gib = 1 << 30

// link reads the link that `grove share` prints.
func (d *daemon) link() (string, error) {
	for {
		line, err := d.out.ReadString('\n')
		if s := strings.TrimSpace(line); strings.HasPrefix(s, "grove:") {
			return s, nil
		}
		if err != nil {
			return "", errors.New("no link was printed")
		}
	}
}

// get downloads into a fresh data folder and a fresh target, and deletes both.
func (l *lab) get(ctx context.Context, what string, args ...string) (cost, error) {
	out, data := l.at("out"), l.at("data-get")
	args = append([]string{"get", what, "--yes", "-q", "--progress", "none", "--no-share", "-d", out, "--data", data}, args...)
	c, _, err := l.do(ctx, l.grove, args...)
	os.RemoveAll(out)
	os.RemoveAll(data)
	return c, err
}

// curlThenHash is what people do today: fetch, then check.
func (l *lab) curlThenHash(ctx context.Context, url string, more ...string) (fetch, hash cost, err error) {
	out := l.at("out.bin")
	defer os.Remove(out)
	fetch, _, err = l.do(ctx, "curl", append([]string{"-sf", "-o", out, url}, more...)...)
	if err == nil {
		hash, _, err = l.do(ctx, "openssl", "sha256", out)
	}
	return fetch, hash, err
}

// settle makes the machine alike for whoever comes next: what was written is
// on disk, and there is memory for a file of a package's size. A virtual
// machine gets memory from its host at the first touch, page by page, and
// whoever is first pays for it: up to three seconds a GiB were seen.
func settle() {
	_ = exec.Command("sync").Run()
	f, err := os.CreateTemp("/dev/shm", "grove-bench-")
	if err != nil {
		return // another system, which may not need it
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 1<<20)
	for range (gib + gib/2) >> 20 {
		if _, err := f.Write(block); err != nil {
			return
		}
	}
}

func peerAgainstCurl(ctx context.Context, l *lab) error {
	defer l.end(len(l.ends))
	path, err := l.file("one/film.bin", gib)
	if err != nil {
		return err
	}
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	server, err := l.nginx(ctx, filepath.Dir(path), addr, true)
	if err != nil {
		return err
	}
	seed, err := l.start(ctx, l.grove, "share", path, "--data", l.at("data-seed"))
	if err != nil {
		return err
	}
	link, err := seed.link()
	if err != nil {
		return err
	}
	var speed, cpu, alone []float64
	for range l.rounds {
		settle()
		before := server.cpu()
		fetch, hash, err := l.curlThenHash(ctx, "https://"+addr+"/film.bin", "--cacert", l.at("nginx", "cert.pem"))
		if err != nil {
			return err
		}
		theirs := fetch.plus(hash)
		theirs.cpu += server.cpu() - before
		settle()
		before = seed.cpu()
		ours, err := l.get(ctx, link)
		if err != nil {
			return err
		}
		ours.cpu += seed.cpu() - before
		fmt.Printf("  curl %.2f s + openssl %.2f s, %.2f CPU s   grove %.2f s, %.2f CPU s\n", fetch.wall.Seconds(), hash.wall.Seconds(),
			theirs.cpu.Seconds(), ours.wall.Seconds(), ours.cpu.Seconds())
		speed = append(speed, theirs.wall.Seconds()/ours.wall.Seconds())
		cpu = append(cpu, ours.cpu.Seconds()/theirs.cpu.Seconds())
		alone = append(alone, fetch.wall.Seconds()/ours.wall.Seconds())
	}
	fmt.Println()
	ratios("speed against curl, then openssl", speed, "at least 1.6")
	ratios("CPU of both ends against theirs", cpu, "at most 0.95")
	ratios("speed against curl alone (nothing checked)", alone, "none")
	return nil
}

func peakMemory(ctx context.Context, l *lab) error {
	for _, size := range []int64{gib, 8 * gib} {
		if err := l.memoryOf(ctx, size); err != nil {
			return err
		}
	}
	return nil
}

func (l *lab) memoryOf(ctx context.Context, size int64) error {
	defer l.end(len(l.ends))
	path, err := l.file("memory/film.bin", size)
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(path))
	var down, up []float64
	for range min(l.rounds, 3) {
		n := len(l.ends)
		seed, err := l.start(ctx, l.grove, "share", path, "--data", l.at("data-memory"))
		if err != nil {
			return err
		}
		link, err := seed.link()
		if err != nil {
			return err
		}
		c, err := l.get(ctx, link)
		if err != nil {
			return err
		}
		down = append(down, float64(c.rss)/1024)
		up = append(up, float64(seed.peak())/1024)
		l.end(n)
		os.RemoveAll(l.at("data-memory"))
	}
	ratios(fmt.Sprintf("downloader, %d GiB package, peak MiB", size/gib), down, "at most 45")
	ratios(fmt.Sprintf("serving process, %d GiB package, peak MiB", size/gib), up, "at most 40")
	return nil
}

func shareAgainstOpenssl(ctx context.Context, l *lab) error {
	path, err := l.file("share/film.bin", 2*gib)
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(path))
	var speed []float64
	for range l.rounds {
		settle()
		theirs, _, err := l.do(ctx, "openssl", "sha256", path)
		if err != nil {
			return err
		}
		n := len(l.ends)
		begin := time.Now()
		seed, err := l.start(ctx, l.grove, "share", path, "--data", l.at("data-share"))
		if err != nil {
			return err
		}
		if _, err := seed.link(); err != nil {
			return err
		}
		ours := time.Since(begin)
		l.end(n)
		os.RemoveAll(l.at("data-share"))
		fmt.Printf("  openssl %.2f s   grove share, from start to link %.2f s\n", theirs.wall.Seconds(), ours.Seconds())
		speed = append(speed, theirs.wall.Seconds()/ours.Seconds())
	}
	fmt.Println()
	ratios("speed against openssl sha256", speed, "at least 0.9")
	return nil
}

// published signs path for an origin and returns the .grove file.
func (l *lab) published(ctx context.Context, path, origin string) (string, error) {
	data := l.at("data-publisher")
	if _, err := os.Stat(data); err != nil {
		if _, _, err := l.do(ctx, l.grove, "keys", "new", "--no-passphrase", "--data", data); err != nil {
			return "", err
		}
	}
	out := filepath.Dir(path)
	if _, _, err := l.do(ctx, l.grove, "publish", path, "--origin", origin, "--out", out, "--data", data, "-q"); err != nil {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(out, "*.grove"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("%d .grove files in %s", len(found), out)
	}
	return found[0], nil
}

func originAgainstCurl(ctx context.Context, l *lab) error {
	defer l.end(len(l.ends))
	path, err := l.file("origin/film.bin", gib)
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(path))
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	url := "http://" + addr + "/film.bin"
	grove, err := l.published(ctx, path, url)
	if err != nil {
		return err
	}
	if _, err := l.nginx(ctx, filepath.Dir(path), addr, false); err != nil {
		return err
	}
	var speed []float64
	for range l.rounds {
		settle()
		fetch, hash, err := l.curlThenHash(ctx, url)
		if err != nil {
			return err
		}
		settle()
		ours, err := l.get(ctx, grove, "--origin-only")
		if err != nil {
			return err
		}
		fmt.Printf("  curl %.2f s + openssl %.2f s   grove %.2f s\n", fetch.wall.Seconds(), hash.wall.Seconds(), ours.wall.Seconds())
		speed = append(speed, fetch.plus(hash).wall.Seconds()/ours.wall.Seconds())
	}
	fmt.Println()
	ratios("speed against curl, then openssl", speed, "at least 1")
	return nil
}

// originOnALine runs server and client in two network namespaces that a
// shaped veth pair joins.
func originOnALine(ctx context.Context, l *lab) error {
	if os.Getuid() != 0 {
		fmt.Println("  left out: it makes network namespaces, which needs root")
		return nil
	}
	defer l.end(len(l.ends))
	path, err := l.file("line/film.bin", gib)
	if err != nil {
		return err
	}
	defer os.RemoveAll(filepath.Dir(path))
	ns, err := l.shapedLine(ctx, "1gbit")
	if err != nil {
		return err
	}
	url := "http://" + ns.serverAddr + ":8080/film.bin"
	grove, err := l.published(ctx, path, url)
	if err != nil {
		return err
	}
	if err := ns.serve(ctx, l, filepath.Dir(path)); err != nil {
		return err
	}
	var time []float64
	for range l.rounds {
		settle()
		theirs, _, err := l.do(ctx, "ip", "netns", "exec", ns.client, "curl", "-sf", "-o", l.at("out.bin"), url)
		os.Remove(l.at("out.bin"))
		if err != nil {
			return err
		}
		settle()
		ours, _, err := l.do(ctx, "ip", "netns", "exec", ns.client, l.grove, "get", grove, "--origin-only", "--yes", "-q",
			"--progress", "none", "--no-share", "-d", l.at("out"), "--data", l.at("data-get"))
		os.RemoveAll(l.at("out"))
		os.RemoveAll(l.at("data-get"))
		if err != nil {
			return err
		}
		fmt.Printf("  curl %.2f s   grove %.2f s\n", theirs.wall.Seconds(), ours.wall.Seconds())
		time = append(time, ours.wall.Seconds()/theirs.wall.Seconds())
	}
	fmt.Println()
	ratios("time against curl alone", time, "at most 1.05")
	return nil
}
