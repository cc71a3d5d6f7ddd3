package sqlite_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/testextent"
)

// fullStore has, of two accounts, some runs with records of all kinds.
func fullStore(t testing.TB) sqlite.Options {
	t.Helper()
	o := inFolder(t)
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	for _, key := range []string{"key-1", "key-2"} {
		a, err := s.Account(t.Context(), api, key)
		must(t, err)
		if key == "key-2" {
			a, err = s.NameAccount(t.Context(), a, "AID-2")
			must(t, err)
		}
		lock, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
		must(t, err)
		var cutover store.Run
		for n := range 3 {
			run, err := s.NewRun(t.Context(), store.NewRun{Name: fmt.Sprintf("%s-run-%d", key, n), Job: "nightly", Account: a.ID, StartedAt: at(n), Cutover: n == 0,
				RollbackOf: cutover.ID, Identity: json.RawMessage(fmt.Sprintf(`{"n":%d}`, n)), Input: store.Input{File: "input.csv"}, Source: strings.NewReader(strings.Repeat(fmt.Sprintln(key, n), 3000))})
			must(t, err)
			fillRun(t, s, run.ID, 40, cutover.ID)
			if n == 0 {
				cutover = run
			}
			folder := filepath.Join(o.Dir, run.Name)
			must(t, os.Mkdir(folder, 0o700))
			must(t, os.WriteFile(filepath.Join(folder, "results.csv"), []byte(run.Name), 0o600))
			must(t, os.WriteFile(filepath.Join(folder, "run.log"), []byte("log"), 0o600))
		}
		lock.Release()
	}
	must(t, s.Close())
	return o
}

// fillRun appends records of all kinds.
func fillRun(t testing.TB, s *sqlite.Store, run store.RunID, rows int, cutover store.RunID) {
	t.Helper()
	waves := map[int]int{}
	var readings store.Readings
	for line := 2; line < 2+rows; line++ {
		waves[line] = 1 + line%2
		readings.Readings = append(readings.Readings, store.Reading{At: at(line), Number: number(line), State: &settings.State{}})
	}
	must(t, s.Append(run, &readings, planOf(rows), &store.Milestone{Kind: store.Planned, At: at(1), Doc: json.RawMessage(`{"rows":2}`), Waves: waves}))
	must(t, s.Append(run, &store.Milestone{Kind: store.Began, At: at(2), Doc: json.RawMessage(`{}`)}, &store.Skipped{Line: 9, Number: number(9), Doc: json.RawMessage(`{"a":1}`)},
		&store.Requests{Requests: []store.Request{{At: at(3), Doc: json.RawMessage(`{"x":1}`)}}}))
	for line := 2; line < 2+rows; line++ {
		sent(t, s, run, line, result.Updated)
		must(t, s.Append(run, &store.Verified{Line: line, Number: number(line), Status: "in_sync", Doc: json.RawMessage(`{}`)}))
	}
	must(t, s.Append(run, intent(rows+2), &store.Milestone{Kind: store.Ended, At: at(9), Doc: json.RawMessage(`{}`)}))
	if cutover != 0 {
		must(t, s.Append(run, &store.Unprotected{Cutover: cutover, At: at(9), Doc: json.RawMessage(`{}`)}))
	}
}

// told is all that a store tells of each run, by name.
func told(t testing.TB, s *sqlite.Store) map[string]string {
	t.Helper()
	runs, err := s.Runs(t.Context(), store.RunFilter{})
	must(t, err)
	all := map[string]string{}
	for _, run := range runs {
		all[run.Name] = toldOf(t, s, run)
	}
	return all
}

func toldOf(t testing.TB, s *sqlite.Store, run store.Run) string {
	t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "%+v\n", run)
	must(t, s.Input(t.Context(), run.ID, &text))
	milestones, err := s.Milestones(t.Context(), run.ID)
	must(t, err)
	skipped, err := s.Skipped(t.Context(), run.ID)
	must(t, err)
	results, err := s.Results(t.Context(), run.ID, 0, 1<<30)
	must(t, err)
	waves, err := s.WaveOf(t.Context(), run.ID)
	must(t, err)
	fmt.Fprintf(&text, "%v\n%v\n%v\n%v\n%v\n", milestones, skipped, results, waves, texts(list(t, s.PlanRows(t.Context(), run.ID))))
	fmt.Fprintf(&text, "%+v\n%+v\n%+v\n", list(t, s.Outcomes(t.Context(), run.ID)), list(t, s.Requests(t.Context(), run.ID)), list(t, s.Verified(t.Context(), run.ID)))
	fmt.Fprintf(&text, "%d readings\n%+v\n", len(list(t, s.Readings(t.Context(), run.ID, nil))), list(t, s.Writes(t.Context(), store.WriteFilter{Run: run.ID})))
	for _, row := range list(t, s.PlanRowsOf(t.Context(), store.RunFilter{Account: run.Account.ID}, number(5))) {
		if row.Run.ID == run.ID {
			text.Write(row.Row)
		}
	}
	return text.String()
}

// salvaged is what a salvage of a damaged store came to.
type salvaged struct {
	sqlite.Salvaged
	runs map[string]string
	s    *sqlite.Store
}

// salvage salvages a store into a new folder. whole is what it told before.
func Job(t testing.TB, o sqlite.Options, whole map[string]string) salvaged {
	t.Helper()
	into := filepath.Join(t.TempDir(), "new")
	done, err := sqlite.Salvage(t.Context(), o, into)
	must(t, err)
	o.Dir = into
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	report, err := s.Check(t.Context())
	must(t, err)
	if len(report.Faults) > 0 {
		t.Errorf("the new store: %v", report.Faults)
	}
	got := salvaged{done, told(t, s), s}
	for name, of := range got.runs {
		if of != whole[name] {
			t.Errorf("run %s is another: %s", name, cmp.Diff(whole[name], of))
		}
	}
	for name := range whole {
		_, brought := got.runs[name]
		lost := slices.ContainsFunc(done.Lost, func(l store.LostRun) bool { return l.Name == name })
		if brought == lost {
			t.Errorf("run %s: brought %v, lost %v", name, brought, lost)
		}
		if brought != slices.Contains(done.Brought, name) {
			t.Errorf("run %s: said to be brought: %v", name, !brought)
		}
	}
	if len(done.Lost) > 0 && len(done.Gaps) == 0 {
		t.Errorf("lost %v, and no gap", done.Lost)
	}
	return got
}

// aSalvage is a store that is damaged again and again.
type aSalvage struct {
	o     sqlite.Options
	whole map[string]string
	file  []byte
	marks map[string][]byte
}

func newSalvage(t testing.TB, o sqlite.Options) *aSalvage {
	t.Helper()
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	a := &aSalvage{o: o, whole: told(t, s), marks: map[string][]byte{}}
	must(t, s.Close())
	a.file, err = os.ReadFile(filepath.Join(o.Dir, sqlite.File))
	must(t, err)
	for _, path := range marksOf(t, o) {
		a.marks[path], err = os.ReadFile(path)
		must(t, err)
	}
	return a
}

// with salvages the store with another file.
func (a *aSalvage) with(t testing.TB, file []byte) salvaged {
	t.Helper()
	for path, text := range a.marks {
		must(t, os.WriteFile(path, text, 0o600))
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(filepath.Join(a.o.Dir, sqlite.File+suffix))
	}
	must(t, os.WriteFile(filepath.Join(a.o.Dir, sqlite.File), file, 0o600))
	got := Job(t, a.o, a.whole)
	must(t, os.Remove(got.Aside)) // or the next one would have its name
	return got
}

// A byte that flips loses at most what it belongs to.
func TestSalvageAfterAFlippedByte(t *testing.T) {
	testextent.Variant(t)
	a := newSalvage(t, fullStore(t))
	kinds, err := pageKinds(t, a.o)
	must(t, err)
	random := rand.New(rand.NewPCG(1, 4))
	pages := map[string][]int{}
	for _, page := range slices.Sorted(maps.Keys(kinds)) {
		pages[kinds[page]] = append(pages[kinds[page]], page)
	}
	drawn := slices.Sorted(maps.Keys(pages))
	random.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	lost, flips := map[string]int{}, map[string]int{}
	for n := range testextent.Count(4*len(drawn)) / testextent.Spaced(4) {
		kind := drawn[n%len(drawn)]
		page := pages[kind][random.IntN(len(pages[kind]))]
		place := (page-1)*4096 + random.IntN(4096)
		if page == 1 {
			place = random.IntN(150) // its header, and how it goes on
		}
		flipped := bytes.Clone(a.file)
		flipped[place] ^= 1 << random.IntN(8)
		got := a.with(t, flipped)
		flips[kind]++
		lost[kind] += len(got.Lost)
		if (strings.Contains(kind, "index") || kind == "free" || kind == "accounts leaf" || kind == "keys leaf" || kind == "sqlite_schema leaf") && len(got.Lost) > 0 {
			t.Errorf("byte %d, of %s: lost %v", place, kind, got.Lost)
		}
		if strings.HasSuffix(kind, "leaf") && len(got.Lost) > 6 {
			t.Errorf("byte %d, of %s: lost %v", place, kind, got.Lost)
		}
		must(t, got.s.Close())
	}
	for _, kind := range slices.Sorted(maps.Keys(flips)) {
		t.Logf("%-28s %3d flips, %d runs lost", kind, flips[kind], lost[kind])
	}
}

// pageKinds tells of each page of a store what it is.
func pageKinds(t testing.TB, o sqlite.Options) (map[int]string, error) {
	t.Helper()
	info, err := os.Stat(filepath.Join(o.Dir, sqlite.File))
	must(t, err)
	kinds := map[int]string{}
	for page := 1; page <= int(info.Size()/4096); page++ {
		kinds[page] = "free"
	}
	return kinds, sqlite.PagesOf(t.Context(), filepath.Join(o.Dir, sqlite.File), func(page int, table, kind string) { kinds[page] = table + " " + kind })
}

func TestSalvageOfAWholeStore(t *testing.T) {
	a := newSalvage(t, fullStore(t))
	got := a.with(t, a.file)
	if len(got.Lost) > 0 || len(got.Gaps) > 0 || len(got.Brought) != 6 || len(got.Marks) != 3 {
		t.Errorf("got %+v", got.Salvaged)
	}
	for _, name := range got.Brought {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(got.New), name, "run.log"))
		must(t, err)
		if string(text) != "log" {
			t.Errorf("the log of %s is %q", name, text)
		}
	}
	// The old place says where they are, also to who only reads.
	must(t, os.WriteFile(got.Aside, a.file, 0o600))
	for _, readOnly := range []bool{false, true} {
		old := a.o
		old.ReadOnly = readOnly
		_, err := sqlite.Open(t.Context(), old)
		refused, ok := errors.AsType[*store.RefusedError](err)
		if !ok || !strings.Contains(refused.Why, got.New) || !strings.Contains(refused.Why, sqlite.File+".aside-") ||
			refused.Elsewhere != got.New {
			t.Errorf("the old place: %v", err)
		}
	}
	again := filepath.Join(t.TempDir(), "again")
	if _, err := sqlite.Salvage(t.Context(), a.o, again); !noticed(err) {
		t.Errorf("a second salvage: %v", err)
	}
	if _, err := os.Stat(again); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a second salvage has made its folder: %v", err)
	}
	acc := account(t, got.s, "key-1")
	run := newRun(t, got.s, acc, "next")
	sent(t, got.s, run.ID, 2, result.Updated)
	for name, of := range a.whole {
		if strings.Contains(of, fmt.Sprintf("Sequence:%d ", run.Sequence)) {
			t.Errorf("sequence %d of %s is used again", run.Sequence, name)
		}
	}
}

// Of a run that was removed a salvaged store knows that it was, and accepts it again.
func TestSalvageBringsOverWhatWasRemoved(t *testing.T) {
	o := fullStore(t)
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	var archive bytes.Buffer
	for _, name := range []string{"key-1-run-0", "key-1-run-2"} {
		run, err := s.Run(t.Context(), name)
		must(t, err)
		if name == "key-1-run-0" {
			must(t, s.Export(t.Context(), run.ID, &archive))
		}
		must(t, s.Delete(t.Context(), run.ID))
	}
	must(t, s.Close())
	a := newSalvage(t, o)
	got := a.with(t, a.file)
	report, err := got.s.Check(t.Context())
	must(t, err)
	if report.Removed != 2 || len(got.Gaps) > 0 {
		t.Errorf("%d runs are noted as removed, and gaps %v", report.Removed, got.Gaps)
	}
	if _, err := got.s.Import(t.Context(), &archive); err == nil || !strings.Contains(err.Error(), "run key-1-run-0 was rolled back by run key-1-run-2, which is not there") {
		t.Errorf("it came back alone: %v", err)
	}
}

func TestSalvageOfAStoreThatIsHalfOverwritten(t *testing.T) {
	testextent.Variant(t)
	a := newSalvage(t, fullStore(t))
	random := rand.New(rand.NewPCG(5, 6))
	for name, from := range map[string]int{"first half": 0, "second half": len(a.file) / 2} {
		t.Run(name, func(t *testing.T) {
			file := bytes.Clone(a.file)
			for i := range len(file) / 2 {
				file[from+i] = byte(random.IntN(256))
			}
			got := a.with(t, file)
			for _, l := range got.Lost {
				text, err := os.ReadFile(filepath.Join(filepath.Dir(got.New), l.Name, "results.csv"))
				must(t, err)
				if string(text) != l.Name || l.Why == "" {
					t.Errorf("%s has %q, because %q", l.Name, text, l.Why)
				}
			}
			t.Logf("brought %v", got.Brought)
		})
	}
	for name, file := range map[string][]byte{"empty": nil, "cut": a.file[:len(a.file)/2+1000], "cut within its first page": a.file[:2000], "text": bytes.Repeat([]byte("text"), 5000)} {
		t.Run(name, func(t *testing.T) {
			got := a.with(t, file)
			lost, err := got.s.LostRuns(t.Context())
			must(t, err)
			if len(lost)+len(got.Brought) != 6 || len(got.Gaps) == 0 {
				t.Errorf("brought %v, lost %v, gaps %v", got.Brought, lost, got.Gaps)
			}
			gaps, err := got.s.Gaps(t.Context(), 99)
			must(t, err)
			if len(gaps) == 0 {
				t.Error("no gap of an account that nobody knows")
			}
			t.Logf("brought %v; %v", got.Brought, gaps[0].Why)
		})
	}
}

// A log that is cut loses the end of what was done: nobody knows what that was.
func TestSalvageAfterACutLog(t *testing.T) {
	testextent.Variant(t)
	o := fullStore(t)
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	whole := told(t, s)
	a, err := s.Account(t.Context(), api, "key-1")
	must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
	must(t, err)
	run := newRun(t, s, a, "last")
	for line := 2; line < 60; line++ {
		sent(t, s, run.ID, line, result.Updated)
	}
	copied := map[string][]byte{}
	for _, suffix := range []string{"", "-wal"} {
		copied[suffix], err = os.ReadFile(filepath.Join(o.Dir, sqlite.File+suffix)) // its locks go: it is thrown away
		must(t, err)
	}
	lock.Release()
	must(t, s.Close())
	for name, size := range map[string]int{"half": len(copied["-wal"]) / 2, "a byte": len(copied["-wal"]) - 1, "all": 0} {
		t.Run(name, func(t *testing.T) {
			o := o
			o.Dir, o.State = t.TempDir(), t.TempDir()
			must(t, os.WriteFile(filepath.Join(o.Dir, sqlite.File), copied[""], 0o600))
			must(t, os.WriteFile(filepath.Join(o.Dir, sqlite.File+"-wal"), copied["-wal"][:size], 0o600))
			mark := fmt.Sprintf(`{"sequence":%20d,"store":%q,"place":%q}`, 9999, s.ID(), filepath.Join(o.Dir, sqlite.File))
			must(t, os.WriteFile(filepath.Join(o.State, "x.mark"), []byte(mark), 0o600))
			into := filepath.Join(t.TempDir(), "new")
			done, err := sqlite.Salvage(t.Context(), o, into)
			must(t, err)
			o.Dir = into
			s := open(t, o)
			got := told(t, s)
			for name, of := range whole {
				if got[name] != of {
					t.Errorf("run %s is another", name)
				}
			}
			if len(done.Gaps) != 1 || done.Gaps[0].Sequence != 10000 || !strings.Contains(done.Gaps[0].Why, "records are missing") {
				t.Errorf("gaps %+v", done.Gaps)
			}
		})
	}
}

func TestSalvageOnlyIntoANewFolder(t *testing.T) {
	testextent.Variant(t)
	o := fullStore(t)
	into := t.TempDir()
	must(t, os.WriteFile(filepath.Join(into, "x"), nil, 0o600))
	if _, err := sqlite.Salvage(t.Context(), o, into); !errors.Is(err, os.ErrExist) {
		t.Errorf("into a folder with something: %v", err)
	}
	s := open(t, o) // nothing was put aside
	if _, err := sqlite.Salvage(t.Context(), o, filepath.Join(into, "y")); !noticed(err) {
		t.Errorf("of a store that is in use: %v", err)
	}
	if len(told(t, s)) != 6 {
		t.Error("the store is another")
	}
}

// What is older than the part that was overwritten comes back.
func TestSalvageBringsBackWhatIsBeforeTheDamage(t *testing.T) {
	o := fullStore(t)
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	a, err := s.Account(t.Context(), api, "key-1")
	must(t, err)
	for n := range 4 {
		run, err := s.NewRun(t.Context(), store.NewRun{Name: fmt.Sprint("large-", n), Job: "large", Account: a.ID, StartedAt: at(n), Source: strings.NewReader(fmt.Sprint(n))})
		must(t, err)
		for line := 2; line < 400; line++ {
			must(t, s.Append(run.ID, intent(line), done(line, result.Updated)))
		}
	}
	must(t, s.Close())
	b := newSalvage(t, o)
	file := bytes.Clone(b.file)
	for i := len(file) * 3 / 4; i < len(file); i++ {
		file[i] ^= 0x55
	}
	got := b.with(t, file)
	if len(got.Brought) < 6 || len(got.Lost) == 0 {
		t.Errorf("brought %v, lost %v", got.Brought, got.Lost)
	}
	t.Logf("brought %v, lost %v", got.Brought, got.Lost)
}
