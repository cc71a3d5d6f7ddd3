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

func TestBothStoresOfAFolder(t *testing.T) {
	o := inFolder(t)
	sandbox := o
	sandbox.Sandbox = true
	s, other := open(t, o), open(t, sandbox)
	a, err := other.Account(t.Context(), api, "key")
	must(t, err)
	lock, err := other.Lock(t.Context(), a, store.Myself("", ""), 0)
	must(t, err)
	run := newRun(t, other, a, "one")
	sent(t, other, run.ID, 2, result.Updated)
	lock.Release()
	if _, err := s.Run(t.Context(), "one"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a run of the sandbox is in the store: %v", err)
	}
	if marks := marksOf(t, o); len(marks) > 0 {
		t.Errorf("the sandbox has marks: %v", marks)
	}
	must(t, other.Close())
	must(t, os.Remove(filepath.Join(o.Dir, sqlite.SandboxFile)))
	open(t, sandbox) // its loss is no loss
}

func TestWithoutStateThereAreNoMarks(t *testing.T) {
	o := sqlite.Options{Dir: t.TempDir()}
	s := open(t, o)
	run := newRun(t, s, account(t, s, "key"), "one")
	sent(t, s, run.ID, 2, result.Updated)
}

func TestAnAccountThatWasOnlyLookedAtHasNoMark(t *testing.T) {
	o := inFolder(t)
	s := open(t, o)
	run := newRun(t, s, account(t, s, "key"), "one")
	must(t, s.Append(run.ID, planOf(3)))
	if marks := marksOf(t, o); len(marks) > 0 {
		t.Errorf("a plan made marks: %v", marks)
	}
	must(t, s.Append(run.ID, intent(2)))
	if marks := marksOf(t, o); len(marks) != 1 {
		t.Errorf("an intent made marks: %v", marks)
	}
}

func TestEqualInputsAreKeptOnce(t *testing.T) {
	o := inFolder(t)
	s := open(t, o)
	a := account(t, s, "key")
	input := strings.Repeat("Number\n+12025550100\n", 200_000) // some chunks
	enter := func(name string) store.Run {
		run, err := s.NewRun(t.Context(), store.NewRun{Name: name, Account: a.ID, Input: store.Input{File: "input.csv"}, Source: strings.NewReader(input)})
		must(t, err)
		return run
	}
	one, two := enter("one"), enter("two")
	if report, err := s.Check(t.Context()); err != nil || report.Sizes["input_chunks"] > 64<<10 {
		t.Errorf("%v, %v", report.Sizes, err)
	}
	must(t, s.Delete(t.Context(), one.ID))
	var text strings.Builder
	must(t, s.Input(t.Context(), two.ID, &text))
	if text.String() != input || two.Input.Bytes != int64(len(input)) {
		t.Errorf("%d bytes of %d", text.Len(), len(input))
	}
}
