package postgres_test

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// A disk that is full at the server is waited for, as is a server that is away, and told.
func TestAFullDiskAtTheServerIsWaitedFor(t *testing.T) {
	o := newStore(t)
	server := pgtest.Shared(t)
	disk := server.Folder(t, func(path string) error { return syscall.Mount("tmpfs", path, "tmpfs", 0, "size=1m") })
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	place := filepath.Join(disk, "space")
	behaviour.Must(t, os.Mkdir(place, 0o700))
	info, err := os.Stat(disk)
	behaviour.Must(t, err)
	owner := info.Sys().(*syscall.Stat_t)
	behaviour.Must(t, os.Chown(place, int(owner.Uid), int(owner.Gid)))
	database := path.Base(string(o.Address))
	server.Administer(t, database, "CREATE TABLESPACE small LOCATION '"+place+"'")
	server.Administer(t, database, "ALTER TABLE bulknum.intents SET TABLESPACE small")
	t.Cleanup(func() { // after the store is closed: a server whose table is gone takes no checkpoint
		server.Administer(t, database, "ALTER TABLE bulknum.intents SET TABLESPACE pg_default")
		server.Administer(t, database, "DROP TABLESPACE small")
	})
	s, run, lock := running(t, o)
	told := make(chan store.Away, 2)
	defer s.Watch(func(a store.Away) { told <- a })()
	filler := filepath.Join(disk, "filler")
	_ = os.WriteFile(filler, make([]byte, 2<<20), 0o600) // as much as there is room for
	go func() {
		away := <-told
		if away.Over || !strings.Contains(away.Why, "No space left") {
			t.Errorf("told %+v", away)
		}
		_ = os.Remove(filler)
	}()
	const many = 100
	for line := range many {
		i := behaviour.Intent(2 + line)
		i.Changes = behaviour.Changes(strings.Repeat("x", 1000))
		behaviour.Must(t, s.Append(run.ID, i))
	}
	select {
	case away := <-told:
		if !away.Over {
			t.Errorf("told %+v", away)
		}
	case <-time.After(patience):
		t.Fatal("the disk was not full: the test shows nothing")
	}
	behaviour.Must(t, lock.Held())
	if n := intents(t, o, run); n != many {
		t.Errorf("%d intents", n)
	}
}
