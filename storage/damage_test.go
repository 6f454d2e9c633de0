package storage

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"

	"grove/app"
)

// mutation changes a copy of the database's bytes.
type mutation struct {
	name   string
	change func(r *rand.Rand, b []byte) []byte
}

var mutations = []mutation{
	{"truncated", func(r *rand.Rand, b []byte) []byte { return b[:r.IntN(len(b))] }},
	{"one bit", func(r *rand.Rand, b []byte) []byte { b[r.IntN(len(b))] ^= 1 << r.IntN(8); return b }},
	{"one byte", func(r *rand.Rand, b []byte) []byte { b[r.IntN(len(b))] ^= byte(1 + r.IntN(255)); return b }},
	{"zeroed page", func(r *rand.Rand, b []byte) []byte {
		at := r.IntN(len(b)/4096) * 4096
		clear(b[at : at+4096])
		return b
	}},
	{"garbage", func(r *rand.Rand, b []byte) []byte {
		at := r.IntN(len(b) - 512)
		for i := range b[at : at+512] {
			b[at+i] = byte(r.Uint32())
		}
		return b
	}},
}

// TestDamagedDatabase damages the database in many ways after an unclean
// stop. Whatever it is, the store opens, nothing kills the process, and every
// transfer is back; GROVE_MUTATIONS is how often each way is tried.
func TestDamagedDatabase(t *testing.T) {
	k := makeThree(t)
	rounds := 21
	if n, err := strconv.Atoi(os.Getenv("GROVE_MUTATIONS")); err == nil {
		rounds = n
	}
	good, err := os.ReadFile(filepath.Join(k.dir, dbName))
	ok(t, err)
	raw(t, k.copyOf(t), func(tx *bolt.Tx) error { // beyond its size nothing would be hit
		good = good[:tx.Size()]
		return nil
	})
	dir := k.copyOf(t)
	probe := filepath.Join(dir, dbName)
	for n, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			probes, refused, told := 0, 0, 0
			opts := Options{Probe: func(path string) error {
				probes++
				err := probeInChild(path)
				if err != nil {
					refused++
				}
				return err
			}}
			for round := range rounds {
				r := rand.New(rand.NewPCG(uint64(n), uint64(round)))
				b := m.change(r, append([]byte(nil), good...))
				ok(t, os.WriteFile(probe, b, 0o600))
				if round%3 == 0 {
					_ = os.Remove(filepath.Join(dir, backupName)) // it may be gone from the round before
				}
				_ = os.Remove(filepath.Join(dir, cleanName)) // likewise
				s, err := Open(dir, opts)
				if err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
				if s.Notice() != nil {
					told++
				}
				k.wantBack(t, s)
				ok(t, s.Close())
				if t.Failed() {
					t.Fatalf("round %d of %s", round, m.name)
				}
			}
			t.Logf("%d damaged: %d times probed, %d refused, the user told %d times", rounds, probes, refused, told)
			if probes < rounds || told < refused/2 || refused == 0 && m.name == "truncated" {
				t.Error("that cannot be all")
			}
			aside, err := filepath.Glob(filepath.Join(dir, dbName+".damaged-*"))
			ok(t, err)
			if refused > 0 && len(aside) == 0 {
				t.Error("no damaged database was moved aside")
			}
		})
	}
}

// TestLostDatabase: without the database and its copy the sidecars are enough.
func TestLostDatabase(t *testing.T) {
	k := makeThree(t)
	for _, names := range [][]string{
		{dbName},
		{dbName, backupName},
		{dbName, backupName, cleanName},
	} {
		t.Run(fmt.Sprint(names), func(t *testing.T) {
			dir := k.copyOf(t)
			for _, name := range names {
				ok(t, os.Remove(filepath.Join(dir, name)))
			}
			s := openStore(t, dir, Options{})
			if p := s.Notice(); p == nil || p.Kind != app.StoreDamaged || p.Subject != dir {
				t.Errorf("notice %v", p)
			}
			k.wantBack(t, s)
			keys, err := s.LoadPublishers()
			ok(t, err)
			if fromCopy := len(names) == 1; fromCopy != (len(keys) == 1) {
				t.Errorf("%d publishers with %v lost", len(keys), names)
			}
		})
	}
}

// TestLostRecordInPartFolder: a transfer under way is found again by its part
// folder alone, even without transfer.json.
func TestLostRecordInPartFolder(t *testing.T) {
	k := makeThree(t)
	ok(t, os.Remove(filepath.Join(k.dir, dbName)))
	ok(t, os.Remove(filepath.Join(k.dir, backupName)))
	under := k.records[0]
	ok(t, os.Remove(filepath.Join(under.Folder, under.Target+partSuffix, recordFile)))
	s := openStore(t, k.dir, Options{})
	k.records[0].State = app.Paused // nothing starts by itself
	k.wantBack(t, s)
}

// TestOldCopy: a restored copy is brought up to date by the sidecars; what
// was deleted after it was made stays deleted.
func TestOldCopy(t *testing.T) {
	k := makeThree(t)
	old, err := os.ReadFile(filepath.Join(k.dir, backupName))
	ok(t, err)
	s, err := Open(k.dir, Options{})
	ok(t, err)
	under := &k.records[0]
	p, _, have, _, err := s.Open(*under)
	ok(t, err)
	ok(t, p.WritePiece(5, k.made.Piece(5)))
	have.Set(5)
	under.State = app.Paused
	ok(t, p.Checkpoint(*under, have))
	ok(t, p.Close())
	k.have[0] = have
	gone := k.records[2]
	ok(t, s.Remove(gone))
	ok(t, s.DeleteTransfer(gone.ID))
	ok(t, s.Close())
	k.records, k.have = k.records[:2], k.have[:2]

	ok(t, os.WriteFile(filepath.Join(k.dir, backupName), old, 0o600))
	ok(t, os.WriteFile(filepath.Join(k.dir, dbName), []byte("no database"), 0o600))
	k.wantBack(t, openStore(t, k.dir, Options{}))
}

// TestDamagedValue: a record whose checksum is wrong comes from its sidecar,
// and one that has none is dropped; the rest stays.
func TestDamagedValue(t *testing.T) {
	k := makeThree(t)
	raw(t, k.dir, func(tx *bolt.Tx) error {
		b := tx.Bucket(transfersBucket)
		id := k.records[0].ID
		v := append([]byte(nil), b.Get(id[:])...)
		v[len(v)-3] ^= 1
		return errors.Join(
			b.Put(id[:], v),
			b.Put([]byte("no transfer at all"), []byte("x")),
			b.Put(k.records[1].ID[:], b.Get(k.records[2].ID[:])), // sound, but another's
		)
	})
	s, err := Open(k.dir, Options{})
	ok(t, err)
	if s.Notice() == nil {
		t.Error("nobody is told")
	}
	k.wantBack(t, s)
	ok(t, s.Close())
	s = openStore(t, k.dir, Options{})
	if p := s.Notice(); p != nil {
		t.Errorf("told again after the repair: %v", p)
	}
	k.wantBack(t, s)
}

// raw changes a closed database behind the store's back.
func raw(t *testing.T, dir string, change func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, dbName), 0o600, boltOptions())
	ok(t, err)
	ok(t, db.Update(change))
	ok(t, db.Close())
}

// TestDamageInUse: damage that is met while the store is open is an error of
// the call, not the end of the process, and the next start repairs it.
func TestDamageInUse(t *testing.T) {
	k := makeThree(t)
	dir := k.copyOf(t)
	s, err := Open(dir, Options{})
	ok(t, err)
	f, err := os.OpenFile(filepath.Join(dir, dbName), os.O_WRONLY, 0)
	ok(t, err)
	info, err := f.Stat()
	ok(t, err)
	_, err = f.WriteAt(make([]byte, info.Size()-8192), 8192) // all but the two meta pages
	ok(t, err)
	ok(t, f.Close())
	_, err = s.LoadTransfers()
	want(t, err, app.StoreDamaged)
	want(t, s.SaveTransfer(k.records[0]), app.StoreDamaged)
	ok(t, s.Close())
	s = openStore(t, dir, Options{Probe: probeInChild})
	k.wantBack(t, s)
}

func TestProbeOnlyAfterUncleanStop(t *testing.T) {
	dir := t.TempDir()
	probes := 0
	opts := Options{Probe: func(path string) error { probes++; return probeHere(path) }}
	open := func() *Store {
		t.Helper()
		s, err := Open(dir, opts)
		ok(t, err)
		if p := s.Notice(); p != nil {
			t.Errorf("notice %v", p)
		}
		return s
	}
	ok(t, open().Close()) // makes the database
	ok(t, open().Close())
	if probes != 0 {
		t.Errorf("%d probes after clean stops", probes)
	}
	s := open()
	ok(t, s.SaveTransfer(app.Record{Name: "x"}))
	ok(t, s.abandon()) // as a crash does
	ok(t, open().Close())
	if probes != 1 {
		t.Errorf("%d probes after an unclean stop", probes)
	}
	ok(t, os.Remove(filepath.Join(dir, cleanName)))
	ok(t, open().Close())
	if probes != 2 {
		t.Errorf("%d probes without a mark", probes)
	}
}

func TestProbeFile(t *testing.T) {
	k := makeThree(t)
	path := filepath.Join(k.dir, dbName)
	ok(t, probeInChild(path))
	for name, content := range map[string][]byte{"empty": nil, "text": []byte(strings.Repeat("text ", 5000))} {
		bad := filepath.Join(t.TempDir(), name)
		ok(t, os.WriteFile(bad, content, 0o600))
		if probeInChild(bad) == nil || probeHere(bad) == nil {
			t.Errorf("a database that is %s passes", name)
		}
	}
	if err := ProbeFile(filepath.Join(k.dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing database: %v", err)
	}
	ok(t, os.Remove(filepath.Join(k.dir, cleanName)))
	db, err := bolt.Open(path, 0o600, boltOptions())
	ok(t, err)
	want(t, ProbeFile(path), app.StoreInUse)
	_, err = Open(k.dir, Options{Probe: probeInChild})
	want(t, err, app.StoreInUse) // and is not moved aside
	ok(t, db.Close())
	k.wantBack(t, openStore(t, k.dir, Options{}))
}

func TestSecondInstance(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	_, err := Open(dir, Options{})
	want(t, err, app.StoreInUse)
	if p := app.AsProblem(err); p.Subject != dir || !strings.Contains(fmt.Sprint(p.Err), "pid "+strconv.Itoa(os.Getpid())) {
		t.Errorf("%v does not say who has %s", err, dir)
	}
	ok(t, s.SaveTransfer(app.Record{Name: "undisturbed"}))
}

func TestDataFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	ok(t, openStoreOnce(dir))
	info, err := os.Stat(dir)
	ok(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the data folder's mode is %v", info.Mode())
	}
	file := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(file, nil, 0o600))
	want(t, openStoreOnce(file), app.BadInput)
	if os.Geteuid() != 0 {
		t.Skip("only root can make a folder that belongs to somebody else")
	}
	ok(t, os.Chown(dir, 12345, -1))
	want(t, openStoreOnce(dir), app.BadInput)
}

func openStoreOnce(dir string) error {
	s, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	return s.Close()
}

func TestValue(t *testing.T) {
	key, payload := []byte("key"), []byte("payload")
	v := seal(key, payload)
	if b, err := unseal(key, v); err != nil || string(b) != "payload" {
		t.Fatalf("%q, %v", b, err)
	}
	if got, want := hex.EncodeToString(v), "01"+hex.EncodeToString(v[1:5])+hex.EncodeToString(payload); got != want {
		t.Errorf("form %s, want %s", got, want)
	}
	if _, err := unseal([]byte("other"), v); !errors.Is(err, errValue) {
		t.Errorf("under another key: %v", err)
	}
	for i := range v {
		v[i] ^= 0x10
		if _, err := unseal(key, v); !errors.Is(err, errValue) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		v[i] ^= 0x10
		if _, err := unseal(key, v[:i]); !errors.Is(err, errValue) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
}

// TestAdoptedByAnother: a part folder that another transfer took over does
// not bring the first one back.
func TestAdoptedByAnother(t *testing.T) {
	k := makeThree(t)
	first := k.records[0]
	part := filepath.Join(first.Folder, first.Target) + partSuffix
	ok(t, os.Rename(part, part+".away"))
	raw(t, k.dir, func(tx *bolt.Tx) error { return tx.Bucket(transfersBucket).Delete(first.ID[:]) })
	s, err := Open(k.dir, Options{})
	ok(t, err)
	ok(t, os.Rename(part+".away", part))
	second := first
	second.ID = uuid.New()
	create(t, s, second, k.made)
	ok(t, s.abandon())
	k.records[0] = second
	k.wantBack(t, openStore(t, k.dir, Options{}))
}
