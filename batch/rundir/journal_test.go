package rundir_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/rundir"
)

// note is a record of the tests.
type note struct {
	Text string `json:"text"`
	N    int    `json:"n"`
}

// newJournal returns a new journal and its path.
func newJournal(t *testing.T) (*rundir.Journal, string) {
	t.Helper()
	dir, err := rundir.Create(t.TempDir(), "run", false)
	if err != nil {
		t.Fatal(err)
	}
	journal, err := dir.CreateJournal()
	if err != nil {
		t.Fatal(err)
	}
	return journal, dir.File(rundir.JournalFile)
}

// replay returns the records of a journal.
func replay(t *testing.T, path string) ([]note, *rundir.Torn, error) {
	t.Helper()
	var notes []note
	torn, err := rundir.Replay(path, func(e rundir.Entry) error {
		notes = append(notes, decode(t, e.JSON))
		return nil
	})
	return notes, torn, err
}

func TestJournalGivesBackWhatWasAppended(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		path := filepath.Join(t.TempDir(), "journal")
		file, err := os.Create(path)
		if err != nil {
			r.Fatal(err)
		}
		journal := rundir.NewJournal(file)
		want := rapid.SliceOf(rapid.Custom(func(r *rapid.T) note {
			return note{Text: rapid.String().Draw(r, "text"), N: rapid.Int().Draw(r, "n")}
		})).Draw(r, "notes")
		for _, n := range want {
			if err := journal.Append(n); err != nil {
				r.Fatal(err)
			}
		}
		if err := journal.Close(); err != nil {
			r.Fatal(err)
		}
		got, torn, err := replay(t, path)
		if err != nil || torn != nil {
			r.Fatalf("torn %v, error %v", torn, err)
		}
		if !slices.Equal(got, want) {
			r.Fatal(cmp.Diff(want, got))
		}
	})
}

func TestJournalTakesRecordsFromManyAtOnce(t *testing.T) {
	journal, path := newJournal(t)
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			for n := range 50 {
				if err := journal.Append(note{Text: fmt.Sprint(worker), N: n}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	got, _, err := replay(t, path)
	if err != nil || len(got) != 16*50 {
		t.Fatalf("%d records, error %v", len(got), err)
	}
	next := map[string]int{}
	for _, n := range got {
		if n.N != next[n.Text] {
			t.Fatalf("worker %s: record %d came where %d was due", n.Text, n.N, next[n.Text])
		}
		next[n.Text]++
	}
}

// A journal cut anywhere loses at most what came after its last whole record,
// and says so.
func TestJournalCutAtEveryByte(t *testing.T) {
	path, content, offsets := threeRecords(t)
	for cut := range content {
		write(t, path, content[:cut])
		got, torn, err := replay(t, path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		whole := wholeBefore(offsets, cut)
		if len(got) != whole {
			t.Fatalf("cut at %d: %d records, want %d", cut, len(got), whole)
		}
		if inside := cut != offsets[whole]; inside != (torn != nil) {
			t.Fatalf("cut at %d: torn is %v", cut, torn)
		}
		if torn != nil && (torn.Offset != int64(offsets[whole]) || torn.Bytes != int64(cut-offsets[whole])) {
			t.Fatalf("cut at %d: torn is %+v, want offset %d", cut, torn, offsets[whole])
		}
	}
}

// A changed byte before the last sync mark is damage; after it, a torn end.
// Nothing is ever given back changed.
func TestJournalWithEveryByteFlipped(t *testing.T) {
	path, content, offsets := threeRecords(t)
	for at := range content {
		flipped := slices.Clone(content)
		flipped[at] ^= 0x20
		write(t, path, flipped)
		got, torn, err := replay(t, path)
		var damage *rundir.DamageError
		synced := at < offsets[2]
		if synced != errors.As(err, &damage) {
			t.Fatalf("byte %d flipped: error %v", at, err)
		}
		if !synced && torn == nil {
			t.Fatalf("byte %d flipped: not noticed", at)
		}
		for i, n := range got {
			if n.N != i {
				t.Fatalf("byte %d flipped: record %d reads %+v", at, i, n)
			}
		}
		if damage != nil && damage.Offset != int64(offsets[wholeBefore(offsets, at)]) {
			t.Fatalf("byte %d flipped: damage said to be at %d", at, damage.Offset)
		}
	}
}

func TestRecordAt(t *testing.T) {
	path, _, offsets := threeRecords(t)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for i, offset := range offsets[:3] {
		body, err := rundir.RecordAt(file, int64(offset))
		if err != nil || decode(t, body).N != i {
			t.Errorf("record %d: %s, %v", i, body, err)
		}
	}
	if _, err := rundir.RecordAt(file, int64(offsets[1]+1)); err == nil {
		t.Error("an offset inside a record was taken for one")
	}
}

func TestReplayReadsLongRecords(t *testing.T) {
	journal, path := newJournal(t)
	long := note{Text: string(make([]byte, 1<<20)), N: 0}
	if err := errors.Join(journal.Append(long), journal.Append(note{N: 1}), journal.Close()); err != nil {
		t.Fatal(err)
	}
	got, torn, err := replay(t, path)
	if err != nil || torn != nil || len(got) != 2 || got[0] != long {
		t.Fatalf("%d records, torn %v, error %v", len(got), torn, err)
	}
}

// failing is a file whose disk is full after some writes.
type failing struct {
	left   int
	synced int
	closed bool
}

var errFull = errors.New("no space left on device")

func (f *failing) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func (f *failing) Sync() error { f.synced++; return nil }

func (f *failing) Close() error { f.closed = true; return nil }

func TestJournalStopsAtTheFirstFailedWrite(t *testing.T) {
	file := &failing{left: 1}
	journal := rundir.NewJournal(file)
	if err := journal.Append(note{}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := journal.Append(note{}); !errors.Is(err, errFull) {
			t.Fatalf("after the disk is full: %v", err)
		}
	}
	if err := journal.Close(); !errors.Is(err, errFull) {
		t.Fatalf("close: %v", err)
	}
	if file.synced != 1 || !file.closed {
		t.Fatalf("synced %d times, closed %v", file.synced, file.closed)
	}
}

func TestJournalAfterClose(t *testing.T) {
	journal, _ := newJournal(t)
	if err := errors.Join(journal.Close(), journal.Close()); err != nil {
		t.Fatal(err)
	}
	if err := journal.Append(note{}); !errors.Is(err, rundir.ErrClosed) {
		t.Fatalf("append after close: %v", err)
	}
}

func TestJournalRefusesWhatIsNoObject(t *testing.T) {
	journal, _ := newJournal(t)
	defer journal.Close()
	for _, record := range []any{1, "text", nil, struct{}{}, make(chan int)} {
		if err := journal.Append(record); err == nil {
			t.Errorf("%T was taken", record)
		}
	}
}

// unsynced is a file that leaves the syncing out.
type unsynced struct{ io.WriteCloser }

func (unsynced) Sync() error { return nil }

// BenchmarkJournal is the cost of a record, with and without syncing, for some
// numbers of workers.
func BenchmarkJournal(b *testing.B) {
	for _, synced := range []bool{true, false} {
		for _, workers := range []int{1, 4, 16} {
			b.Run(fmt.Sprintf("synced=%v/workers=%d", synced, workers), func(b *testing.B) {
				file, err := os.Create(filepath.Join(b.TempDir(), "journal"))
				if err != nil {
					b.Fatal(err)
				}
				journal := rundir.NewJournal(file)
				if !synced {
					journal = rundir.NewJournal(unsynced{file})
				}
				b.SetParallelism(workers)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := journal.Append(note{Text: "intent", N: 1}); err != nil {
							b.Error(err)
						}
					}
				})
				if err := journal.Close(); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
			})
		}
	}
}
