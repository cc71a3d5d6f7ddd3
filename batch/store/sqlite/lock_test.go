package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

// locked makes sure that an account is somebody else's.
func locked(t *testing.T, s *sqlite.Store, a store.Account) *store.LockedError {
	t.Helper()
	_, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
	refused, ok := errors.AsType[*store.LockedError](err)
	if !ok {
		t.Fatalf("got %v, want a LockedError", err)
	}
	return refused
}

func TestAnAccountIsLockedForAllStores(t *testing.T) {
	o := inFolder(t)
	s := open(t, o)
	a, err := s.Account(t.Context(), api, "key")
	must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("run", "bulknum apply"), 0)
	must(t, err)
	for name, other := range map[string]sqlite.Options{
		"another process":      o,
		"another state folder": {Dir: o.Dir, State: t.TempDir()},
		"another runs folder":  {Dir: t.TempDir(), State: o.State},
	} {
		them := open(t, other)
		b, err := them.Account(t.Context(), strings.ToUpper(api)+":443/v1.0/", "key")
		must(t, err)
		if refused := locked(t, them, b); refused.Holder.Command != "bulknum apply" || refused.Holder.Run != "run" {
			t.Errorf("%s: the holder is %+v", name, refused.Holder)
		}
	}
	must(t, lock.Held())
	lock.Release()
	lock.Release()
	if lock.Held() == nil {
		t.Error("a lock that was let go is held")
	}
}

func TestALockThatWasRemovedIsNotHeld(t *testing.T) {
	o := inFolder(t)
	s := open(t, o)
	a, err := s.Account(t.Context(), api, "key")
	must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
	must(t, err)
	defer lock.Release()
	files, err := filepath.Glob(filepath.Join(o.State, "*.lock"))
	must(t, err)
	must(t, os.Remove(files[0]))
	if lock.Held() == nil {
		t.Error("it is held")
	}
}
