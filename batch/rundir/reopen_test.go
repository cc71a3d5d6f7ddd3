package rundir_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/rundir"
)

// reopen opens the journal of a folder again and appends a record.
func reopen(t *testing.T, path string, n note) error {
	t.Helper()
	dir, err := rundir.Open(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	journal, err := dir.ReopenJournal()
	if err != nil {
		return err
	}
	return errors.Join(journal.Append(n), journal.Close())
}

// read returns a file's content; nothing when there is none.
func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return content
}

// Wherever a crash cut the journal: it goes on after its last whole record, what
// is torn is kept aside, and no other byte changes.
func TestReopenJournalCutAtEveryByte(t *testing.T) {
	path, content, offsets := threeRecords(t)
	for cut := range content {
		write(t, path, content[:cut])
		if err := os.RemoveAll(path + rundir.TornSuffix); err != nil {
			t.Fatal(err)
		}
		if err := reopen(t, path, note{N: 100}); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		whole := wholeBefore(offsets, cut)
		got := read(t, path)
		if !slices.Equal(got[:offsets[whole]], content[:offsets[whole]]) {
			t.Fatalf("cut at %d: what was whole has changed", cut)
		}
		if aside := read(t, path+rundir.TornSuffix); !slices.Equal(aside, content[offsets[whole]:cut]) {
			t.Fatalf("cut at %d: aside is %q, want %q", cut, aside, content[offsets[whole]:cut])
		}
		notes, torn, err := replay(t, path)
		if err != nil || torn != nil || len(notes) != whole+1 || notes[whole].N != 100 {
			t.Fatalf("cut at %d: %+v, torn %v, error %v", cut, notes, torn, err)
		}
		flipEarlier(t, path, got, offsets[whole])
	}
}

// flipEarlier wants damage anywhere before the record that was appended last to
// be told: what an earlier execution wrote was synced before it.
func flipEarlier(t *testing.T, path string, content []byte, last int) {
	t.Helper()
	if last == 0 {
		return
	}
	flipped := slices.Clone(content)
	flipped[last/2] ^= 0x20
	write(t, path, flipped)
	var damage *rundir.DamageError
	if err := reopen(t, path, note{}); !errors.As(err, &damage) {
		t.Fatalf("byte %d of %d flipped: %v", last/2, last, err)
	}
	if got := read(t, path); !slices.Equal(got, flipped) {
		t.Fatal("a damaged journal was touched")
	}
}

// A power cut leaves records of one group of which a later one is whole: the
// group was never reported as written, and all from the first bad one on is kept
// aside.
func TestReopenJournalTornInTheMiddleOfAGroup(t *testing.T) {
	path, content, offsets := threeRecords(t)
	torn := slices.Clone(content[offsets[1]:])
	torn[len(torn)/4] = 0 // in the second record; the third follows, and its mark must go
	body := slices.Concat(content[:offsets[1]], torn[:offsets[2]-offsets[1]])
	body = append(body, "\x00\x00\x00\x00"...)
	write(t, path, body)
	if err := reopen(t, path, note{N: 100}); err != nil {
		t.Fatal(err)
	}
	if aside := read(t, path+rundir.TornSuffix); !slices.Equal(aside, body[offsets[1]:]) {
		t.Errorf("aside is %q", aside)
	}
	notes, _, err := replay(t, path)
	if want := []note{{N: 0}, {N: 100}}; err != nil || !cmp.Equal(numbers(want), numbers(notes)) {
		t.Errorf("%+v, error %v", notes, err)
	}
}

// numbers are those of records.
func numbers(notes []note) []int {
	all := make([]int, len(notes))
	for i, n := range notes {
		all[i] = n.N
	}
	return all
}

// Two crashes keep both torn ends.
func TestReopenJournalKeepsEveryTornEnd(t *testing.T) {
	path, content, _ := threeRecords(t)
	write(t, path, append(slices.Clone(content), "one"...))
	if err := reopen(t, path, note{N: 3}); err != nil {
		t.Fatal(err)
	}
	write(t, path, append(read(t, path), "two"...))
	if err := reopen(t, path, note{N: 4}); err != nil {
		t.Fatal(err)
	}
	if aside := read(t, path+rundir.TornSuffix); string(aside) != "onetwo" {
		t.Errorf("aside is %q", aside)
	}
	if notes, _, err := replay(t, path); err != nil || !slices.Equal(numbers(notes), []int{0, 1, 2, 3, 4}) {
		t.Errorf("%+v, error %v", notes, err)
	}
}

// A log goes on after a crash in the middle of a line: only that line is lost.
func TestLogGoesOnAfterACutLine(t *testing.T) {
	dir, err := rundir.Create(t.TempDir(), "one", false)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		log, err := dir.AppendLog("log")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(log.Append(note{N: 10 * n}), log.Append(note{N: 10*n + 1}), log.Close()); err != nil {
			t.Fatal(err)
		}
		content := read(t, dir.File("log"))
		write(t, dir.File("log"), content[:len(content)-5])
	}
	var got []note
	for n, err := range rundir.ReadLog[note](dir.File("log")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, n)
	}
	if !slices.Equal(numbers(got), []int{0, 10, 20}) {
		t.Errorf("got %v", got)
	}
}
