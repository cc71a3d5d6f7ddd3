package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
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

func TestKeysOfOneAccountShareItsLock(t *testing.T) {
	o := inFolder(t)
	s, other := open(t, o), open(t, o)
	a, err := s.Account(t.Context(), api, "key a")
	must(t, err)
	first, err := s.Lock(t.Context(), a, store.Myself("", "first"), 0)
	must(t, err)
	a, err = s.NameAccount(t.Context(), a, "ACC-1")
	must(t, err)
	named, err := s.Lock(t.Context(), a, store.Myself("", "first"), 0)
	must(t, err)
	b, err := other.Account(t.Context(), api, "key b")
	must(t, err)
	mine, err := other.Lock(t.Context(), b, store.Myself("", "second"), 0)
	must(t, err)
	b, err = other.NameAccount(t.Context(), b, "ACC-1")
	must(t, err)
	if b.ID != a.ID || b.Key != "key b" {
		t.Errorf("%+v and %+v are two accounts", a, b)
	}
	if refused := locked(t, other, b); refused.Holder.Command != "first" {
		t.Errorf("the holder is %+v", refused.Holder)
	}
	must(t, mine.Held()) // still that of the key
	first.Release()
	locked(t, other, b)
	must(t, named.Held())
	named.Release()
	again, err := other.Lock(t.Context(), b, store.Myself("", ""), 0)
	must(t, err)
	again.Release()
	mine.Release()
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

func TestARunIsCarriedOutByOne(t *testing.T) {
	o := inFolder(t)
	s := open(t, o)
	run := newRun(t, s, account(t, s, "key"), "one")
	if h, ok := s.Holder(run.ID); ok {
		t.Errorf("%+v has it", h)
	}
	lock, err := s.LockRun(t.Context(), run.ID, store.Myself("", "bulknum apply"), 0)
	must(t, err)
	lock.Tell(store.Myself("", "bulknum resume"))
	other := open(t, o)
	if h, ok := other.Holder(run.ID); !ok || h.PID != os.Getpid() || h.Command != "bulknum resume" {
		t.Errorf("%+v has it", h)
	}
	if _, err := other.LockRun(t.Context(), run.ID, store.Myself("", ""), 0); err == nil {
		t.Error("two have it")
	}
	must(t, lock.Held())
	lock.Release()
	if _, ok := other.Holder(run.ID); ok {
		t.Error("it was not let go")
	}
}

func TestTwoAccountsThatTurnOutToBeOne(t *testing.T) {
	s := open(t, inFolder(t))
	a, b := account(t, s, "key a"), account(t, s, "key b")
	one, two := newRun(t, s, a, "one"), newRun(t, s, b, "two")
	sent(t, s, one.ID, 2, result.Updated)
	sent(t, s, two.ID, 2, result.Failed)
	_, err := s.NameAccount(t.Context(), a, "ACC-1")
	must(t, err)
	now, err := s.NameAccount(t.Context(), b, "ACC-1")
	must(t, err)
	if now.ID != a.ID || now.Name != "ACC-1" {
		t.Errorf("got %+v", now)
	}
	sent(t, s, two.ID, 3, result.Pending) // by who knows it by its old number
	for _, id := range []store.AccountID{a.ID, b.ID} {
		runs, err := s.Runs(t.Context(), store.RunFilter{Account: id})
		must(t, err)
		if len(runs) != 2 || runs[0].Account.Key != "key b" || runs[1].Account.Key != "key a" || runs[0].Account.Name != "ACC-1" {
			t.Errorf("runs %+v", runs)
		}
		if writes := list(t, s.Writes(t.Context(), store.WriteFilter{Account: id})); len(writes) != 3 {
			t.Errorf("writes %+v", writes)
		}
	}
	third := newRun(t, s, b, "three")
	if !third.Account.Same(now) {
		t.Errorf("a run of %+v", third.Account)
	}
	other, err := s.NameAccount(t.Context(), now, "ACC-2") // the key is another's now
	must(t, err)
	if other.ID == now.ID {
		t.Error("a key that went to another account takes the runs with it")
	}
}
