package sqlite_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/testextent"
)

// aStore is a store with a run of some rows, closed.
func aStore(t testing.TB, rows int) (sqlite.Options, store.Account) {
	t.Helper()
	o := inFolder(t)
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	a, err := s.Account(t.Context(), api, "key")
	must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
	must(t, err)
	run := newRun(t, s, a, "one")
	must(t, s.Append(run.ID, planOf(rows), &store.Milestone{Kind: store.Planned, At: at(1), Doc: json.RawMessage(`{}`)}))
	for line := 2; line < 2+rows; line++ {
		must(t, s.Append(run.ID, intent(line), done(line, result.Updated)))
	}
	must(t, s.Append(run.ID, intent(rows+2)))
	lock.Release()
	must(t, s.Close())
	return o, a
}

// planOf is a plan of some rows, from line 2.
func planOf(rows int) *store.PlanBlock {
	b := &store.PlanBlock{First: true}
	for line := 2; line < 2+rows; line++ {
		b.Rows = append(b.Rows, store.PlanLine{Line: line, Number: number(line), Doc: fmt.Appendf(nil, `{"line":%d,"number":%q}`, line, number(line))})
	}
	return b
}

// all is what a store knows, as text; the error is the first there is.
func all(t testing.TB, o sqlite.Options) (string, error) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), o)
	if err != nil {
		return "", err
	}
	defer s.Close()
	var text strings.Builder
	runs, err := s.Runs(t.Context(), store.RunFilter{})
	if err != nil {
		return "", err
	}
	for _, run := range runs {
		fmt.Fprintf(&text, "%+v\n", run)
		var input bytes.Buffer
		milestones, err1 := s.Milestones(t.Context(), run.ID)
		results, err2 := s.Results(t.Context(), run.ID, 0, 1<<30)
		if err := errors.Join(err1, err2, s.Input(t.Context(), run.ID, &input)); err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "%s %+v %+v\n", input.String(), milestones, results)
		for doc, err := range s.PlanRows(t.Context(), run.ID) {
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&text, "%s\n", doc)
		}
		for row, err := range s.PlanRowsOf(t.Context(), store.RunFilter{Account: run.Account.ID}, number(5)) {
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&text, "%s\n", row.Row)
		}
		for outcome, err := range s.Outcomes(t.Context(), run.ID) {
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&text, "%+v\n", outcome)
		}
		for _, filter := range []store.WriteFilter{{Account: run.Account.ID}, {Account: run.Account.ID, Numbers: []string{number(4), number(7)}}, {Run: run.ID}} {
			for w, err := range s.Writes(t.Context(), filter) {
				if err != nil {
					return "", err
				}
				fmt.Fprintf(&text, "%+v\n", w)
			}
		}
	}
	return text.String(), nil
}

// noticed reports whether an error is one that names damage or a refusal.
func noticed(err error) bool {
	_, damaged := errors.AsType[*store.DamagedError](err)
	_, refused := errors.AsType[*store.RefusedError](err)
	return damaged || refused
}

func TestAFlippedByteIsNoticed(t *testing.T) {
	o, _ := aStore(t, 60)
	want, err := all(t, o)
	must(t, err)
	path := filepath.Join(o.Dir, sqlite.File)
	whole, err := os.ReadFile(path)
	must(t, err)
	if whole[20] != 8 || len(whole) < 100_000 {
		t.Fatalf("%d bytes are left free at the end of %d pages", whole[20], len(whole)/4096)
	}
	tries, seen := testextent.Count(400), 0
	random := rand.New(rand.NewPCG(1, 2))
	for i := range tries {
		place := random.IntN(len(whole))
		if i < tries/2 {
			place = i * 100 / (tries / 2) // in the header
		}
		flipped := bytes.Clone(whole)
		flipped[place] ^= 1 << random.IntN(8)
		must(t, os.WriteFile(path, flipped, 0o600))
		got, err := all(t, o)
		switch {
		case err != nil && !noticed(err):
			t.Errorf("byte %d: %v", place, err)
		case err != nil:
			seen++
		case got != want:
			t.Errorf("byte %d: another truth: %s", place, cmp.Diff(want, got))
		}
		must(t, os.WriteFile(path, whole, 0o600))
	}
	t.Logf("%d of %d were noticed, the others are in pages that nobody reads", seen, tries)
}

func TestALostEndIsNoticed(t *testing.T) {
	o := inFolder(t)
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	a := account(t, s, "key")
	run := newRun(t, s, a, "one")
	for line := 2; line < 60; line++ {
		sent(t, s, run.ID, line, result.Updated)
	}
	copied := t.TempDir()
	for _, name := range []string{sqlite.File, sqlite.File + "-wal"} {
		content, err := os.ReadFile(filepath.Join(o.Dir, name)) // its locks go: it is thrown away
		must(t, err)
		must(t, os.WriteFile(filepath.Join(copied, name), content, 0o600))
	}
	must(t, s.Close())
	must(t, os.Remove(filepath.Join(o.Dir, sqlite.File)))
	for _, name := range []string{sqlite.File, sqlite.File + "-wal"} {
		content, err := os.ReadFile(filepath.Join(copied, name))
		must(t, err)
		if strings.HasSuffix(name, "-wal") {
			content[len(content)/2] ^= 4
		}
		must(t, os.WriteFile(filepath.Join(o.Dir, name), content, 0o600))
	}
	_, err = sqlite.Open(t.Context(), o)
	refused, ok := errors.AsType[*store.RefusedError](err)
	if !ok || !strings.Contains(refused.Why, "records are missing") || refused.Cure == "" {
		t.Fatalf("got %v", err)
	}
	o.ReadOnly = true
	if _, err := sqlite.Open(t.Context(), o); !noticed(err) {
		t.Errorf("for reading: %v", err)
	}
	o.ReadOnly = false
	done, err := sqlite.AcceptRestored(t.Context(), o)
	must(t, err)
	s = open(t, o)
	gaps, err := s.Gaps(t.Context(), a.ID)
	must(t, err)
	if len(gaps) != 1 || gaps[0].Sequence != done.Gap.Sequence || gaps[0].Sequence <= 116 {
		t.Errorf("gaps %+v, done %+v", gaps, done)
	}
}

func TestWhatIsNotTheStoreIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		meddle func(t *testing.T, o sqlite.Options)
		why    string
	}{
		"deleted":     {func(t *testing.T, o sqlite.Options) { must(t, os.Remove(filepath.Join(o.Dir, sqlite.File))) }, "is missing"},
		"emptied":     {func(t *testing.T, o sqlite.Options) { must(t, os.Truncate(filepath.Join(o.Dir, sqlite.File), 0)) }, "is missing"},
		"folder gone": {func(t *testing.T, o sqlite.Options) { must(t, os.RemoveAll(o.Dir)) }, "is missing"},
		"cut":         {func(t *testing.T, o sqlite.Options) { must(t, os.Truncate(filepath.Join(o.Dir, sqlite.File), 5000)) }, "is damaged"},
		"no database": {func(t *testing.T, o sqlite.Options) {
			must(t, os.WriteFile(filepath.Join(o.Dir, sqlite.File), []byte(strings.Repeat("text", 5000)), 0o600))
		}, "is damaged"},
		"a link":       {link, "is not a plain file"},
		"second name":  {hardLink, "second name"},
		"another":      {another, "is another one"},
		"mark damaged": {damageMark, "cannot be compared"},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := aStore(t, 3)
			c.meddle(t, o)
			for _, readOnly := range []bool{false, true} {
				if o.ReadOnly = readOnly; name == "folder gone" && readOnly {
					continue
				}
				_, err := sqlite.Open(t.Context(), o)
				refused, ok := errors.AsType[*store.RefusedError](err)
				if !ok || !strings.Contains(refused.Why, c.why) || refused.Cure == "" || refused.Place == "" {
					t.Errorf("read-only %v: got %v", readOnly, err)
				}
			}
		})
	}
}

func link(t *testing.T, o sqlite.Options) {
	path := filepath.Join(o.Dir, sqlite.File)
	must(t, os.Rename(path, path+".real"))
	must(t, os.Symlink(path+".real", path))
}

func hardLink(t *testing.T, o sqlite.Options) {
	path := filepath.Join(o.Dir, sqlite.File)
	must(t, os.Link(path, path+".too"))
}

// another puts the store of another folder in the place.
func another(t *testing.T, o sqlite.Options) {
	other, _ := aStore(t, 1)
	must(t, os.Rename(filepath.Join(other.Dir, sqlite.File), filepath.Join(o.Dir, sqlite.File)))
}

func damageMark(t *testing.T, o sqlite.Options) {
	for _, path := range marksOf(t, o) {
		must(t, os.WriteFile(path, []byte("{"), 0o600))
	}
}

// marksOf are the marks in the state folder.
func marksOf(t testing.TB, o sqlite.Options) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(o.State, "*.mark"))
	must(t, err)
	return paths
}

func TestAnOlderCopyIsRefused(t *testing.T) {
	o, a := aStore(t, 3)
	path := filepath.Join(o.Dir, sqlite.File)
	old, err := os.ReadFile(path)
	must(t, err)
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
	must(t, err)
	run := newRun(t, s, a, "two")
	sent(t, s, run.ID, 2, result.Updated)
	lock.Release()
	must(t, s.Close())
	must(t, os.WriteFile(path, old, 0o600))
	_, err = sqlite.Open(t.Context(), o)
	refused, ok := errors.AsType[*store.RefusedError](err)
	if !ok || !strings.Contains(refused.Why, "its last 3 records are missing") {
		t.Fatalf("got %v", err)
	}
	_, err = sqlite.AcceptRestored(t.Context(), o)
	must(t, err)
	s = open(t, o)
	account(t, s, "key")
	if run := newRun(t, s, a, "two"); run.Sequence <= 13 {
		t.Errorf("sequence %d was given before", run.Sequence)
	}
}

func TestAnAccountHasOneStore(t *testing.T) {
	o, _ := aStore(t, 3)
	other := sqlite.Options{Dir: t.TempDir(), State: o.State}
	s, err := sqlite.Open(t.Context(), other)
	must(t, err)
	a, err := s.Account(t.Context(), api+"/v1.0/", "key")
	must(t, err)
	_, err = s.Lock(t.Context(), a, store.Myself("", ""), 0)
	refused, ok := errors.AsType[*store.RefusedError](err)
	if !ok || !strings.Contains(refused.Why, filepath.Join(o.Dir, sqlite.File)) || refused.Elsewhere != filepath.Join(o.Dir, sqlite.File) {
		t.Fatalf("got %v", err)
	}
	must(t, s.Close())
	_, err = sqlite.AcceptRestored(t.Context(), other, a)
	must(t, err)
	s = open(t, other)
	if a = account(t, s, "key"); a.ID == 0 {
		t.Error("no account")
	}
	if gaps, err := s.Gaps(t.Context(), a.ID); err != nil || len(gaps) != 1 {
		t.Errorf("gaps %v, %v", gaps, err)
	}
}

func TestALinkToTheFolderIsTheSameStore(t *testing.T) {
	o, _ := aStore(t, 3)
	link := filepath.Join(t.TempDir(), "runs")
	must(t, os.Symlink(o.Dir, link))
	o.Dir = link
	s := open(t, o)
	account(t, s, "key")
	if s.Place() == filepath.Join(link, sqlite.File) {
		t.Errorf("the place is %s", s.Place())
	}
}

func TestAMovedFolderIsTheSameStore(t *testing.T) {
	o, _ := aStore(t, 3)
	moved := filepath.Join(t.TempDir(), "moved")
	must(t, os.Rename(o.Dir, moved))
	o.Dir = moved
	s := open(t, o)
	account(t, s, "key")
}

func TestOldRunFoldersAreRefused(t *testing.T) {
	o := inFolder(t)
	folder := filepath.Join(o.Dir, "20260101T000000Z-nightly")
	must(t, os.Mkdir(folder, 0o700))
	for _, readOnly := range []bool{true, false} {
		o.ReadOnly = readOnly
		s, err := sqlite.Open(t.Context(), o)
		if readOnly != errors.Is(err, fs.ErrNotExist) {
			t.Errorf("an empty folder: %v", err)
		}
		if err == nil {
			must(t, s.Close())
		}
		must(t, os.RemoveAll(filepath.Join(o.Dir, sqlite.File)))
	}
	must(t, os.WriteFile(filepath.Join(folder, "journal.jsonl"), nil, 0o600))
	for _, readOnly := range []bool{true, false} {
		o.ReadOnly = readOnly
		_, err := sqlite.Open(t.Context(), o)
		if refused, ok := errors.AsType[*store.RefusedError](err); !ok || !strings.Contains(refused.Why, "20260101T000000Z-nightly") {
			t.Errorf("read-only %v: got %v", readOnly, err)
		}
	}
	o.Sandbox = true
	s := open(t, o)
	a, err := s.Account(t.Context(), api, "key")
	must(t, err)
	newRun(t, s, a, "20260101T000000Z-nightly")
	o.Sandbox = false
	open(t, o) // the folder is the sandbox's
}
