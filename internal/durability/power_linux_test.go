package durability

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// sureness is what the commands of a recording are told besides.
var sureness = []string{"--yes", "--max-changes", "100%", "-q"}

func with(args ...string) []string { return append(args, sureness...) }

// kinds are the runs whose disks lose power.
func kinds() map[string][]step {
	apply := func(more ...string) step {
		return step{args: append(with("apply", "rows.csv", "--run", "one"), more...), run: "one"}
	}
	killed := apply()
	killed.killedAt = 17
	return map[string][]step{
		"apply":    {apply()},
		"all":      {apply("--all")},
		"waves":    {apply("--waves", "100%", "--max-wave", "20", "--allow-partial-first-wave", "--verify", "5", "--check-routes=false")},
		"resume":   {killed, {args: with("resume", "one"), run: "one"}},
		"verify":   {apply(), {args: []string{"verify", "one", "-q"}, run: "one"}},
		"rollback": {apply(), {args: with("rollback", "one", "--run", "two"), run: "two", back: true}},
	}
}

// The power goes at any moment of a run, and of what was not synced by then
// anything may be lost: the store opens and is whole, it has all that it has
// acknowledged, and the run ends as it would have.
func TestNothingThatWasAcknowledgedIsLostWithThePower(t *testing.T) {
	t.Parallel()
	names := slices.Sorted(maps.Keys(kinds()))
	if testextent.Plain() {
		names = []string{"resume"}
	}
	o := newOutages(t, names...)
	for name, r := range o.of {
		t.Run(name, func(t *testing.T) {
			r.t = t // that of the recording is over, of the folder is not
			for n := range testextent.Count(4) {
				out := o.draw(r)
				for _, fault := range r.after(out) {
					t.Errorf("outage %d, in line %d of %d (%v), %v of the rest kept: %s", n, out.at, r.lines, r.steps[r.stepAt(out.at)].args[0], out.how, fault)
				}
			}
		})
	}
}

// A database whose syncs do nothing, as with synchronous=OFF, does not stand the
// same, nor does one of which only the last transactions are not synced: so the
// test above would see it.
func TestALossIsSeenWhereTheDatabaseIsNotSynced(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	o := newOutages(t, "all")
	for what, suffix := range map[string]string{"database": "", "its log": "-wal"} {
		t.Run(what, func(t *testing.T) {
			r := o.of["all"]
			r.t = t
			bad, n := 0, 0
			for ; n < testextent.Count(20) || (bad == 0 && n < 40); n++ {
				out := o.draw(r)
				out.unsynced = func(name string) bool { return strings.HasPrefix(name, sqlite.File+suffix) }
				if faults := r.after(out); len(faults) > 0 {
					if bad++; bad == 1 {
						t.Logf("for example, in line %d of %d, %v of the rest kept: %s", out.at, r.lines, out.how, faults[0])
					}
				}
			}
			t.Logf("%d of %d outages were bad", bad, n)
			if bad == 0 {
				t.Error("nothing was lost")
			}
		})
	}
}

// outages are losses of power of some recordings.
type outages struct {
	of     map[string]*recording
	random *rand.Rand
}

func newOutages(t *testing.T, names ...string) *outages {
	t.Helper()
	needStrace(t)
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("POWER_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("POWER_SEED: %v", err)
		}
	}
	t.Logf("seed %d", seed)
	const rows = 30
	o := &outages{of: map[string]*recording{}, random: rand.New(rand.NewPCG(seed, 0))}
	for _, name := range names {
		o.of[name] = record(t, rows, kinds()[name]...)
	}
	return o
}

// draw chooses an outage: at any call, at one of the last command, or while the
// store is made.
func (o *outages) draw(r *recording) outage {
	from, upto := 0, r.lines
	switch o.random.IntN(8) {
	case 0:
	case 1:
		upto = r.firstMark()
	default:
		from = r.steps[len(r.steps)-1].from
	}
	var calls []call
	for _, c := range r.calls {
		if from <= c.begun && c.begun < upto {
			calls = append(calls, c)
		}
	}
	c := calls[o.random.IntN(len(calls))]
	return outage{at: c.begun + o.random.IntN(2), how: kept(o.random.IntN(int(keptWays))), random: o.random}
}

// after brings a recording's folder to what an outage leaves, goes on, and
// returns what is wrong.
func (r *recording) after(out outage) (faults []string) {
	r.t.Helper()
	for _, name := range []string{"runs", "state"} {
		if err := os.RemoveAll(filepath.Join(r.dir, name)); err != nil {
			r.t.Fatal(err)
		}
	}
	if err := out.leave(r.disk); err != nil {
		r.t.Fatal(err)
	}
	g := &goingOn{recording: r, out: out, step: r.steps[r.stepAt(out.at)]}
	g.api = g.renewAPI()
	g.look()
	g.reset()
	if len(g.faults) == 0 {
		g.goOn()
	}
	return g.faults
}

// goingOn is what happens after an outage.
type goingOn struct {
	*recording
	out    outage
	step   step
	api    *api
	faults []string
	// there has the runs that the store has, and how their rows stood.
	there map[string]map[int]store.Outcome
}

func (g *goingOn) fault(format string, args ...any) {
	g.faults = append(g.faults, fmt.Sprintf(format, args...))
}

// reset makes the API as it was at the moment: of an update whose answer was not
// recorded nobody knows whether it has arrived.
func (g *goingOn) reset() {
	for _, u := range g.sentBefore(g.out.at) {
		row, there := g.there[g.steps[u.step].run][g.lineOf(u.number)]
		doubt := (!there || row.Open) && g.resultOf(u) > g.acknowledged(g.out.at)
		if doubt && g.out.random.IntN(2) == 0 {
			continue
		}
		if err := g.api.Set(u.number, func(is *sandbox.Record) { is.MessageRouteId = u.msgsID }); err != nil {
			g.t.Fatal(err)
		}
	}
}

// resultOf is the sequence at which an update's answer was recorded.
func (g *goingOn) resultOf(u update) int64 { return g.results[g.steps[u.step].run][u.number] }

// look opens what is left, and sees whether it is whole.
func (g *goingOn) look() {
	acknowledged := g.acknowledged(g.out.at)
	g.there = map[string]map[int]store.Outcome{}
	s, err := g.openStore()
	if errors.Is(err, fs.ErrNotExist) {
		if acknowledged > 0 {
			g.fault("there is no store, of which %d records were acknowledged", acknowledged)
		}
		return
	}
	if err != nil {
		g.fault("the store is refused: %v", err)
		return
	}
	defer s.Close()
	report, err := s.Check(context.Background())
	switch {
	case err != nil:
		g.fault("the store cannot be checked: %v", err)
		return
	case len(report.Faults) > 0:
		g.fault("the store is not whole: %v", report.Faults)
	case report.Sequence < acknowledged:
		g.fault("the store has %d records, of which %d were acknowledged", report.Sequence, acknowledged)
	}
	for _, name := range []string{"one", "two"} {
		if run, err := s.Run(context.Background(), name); err == nil {
			g.there[name] = g.outcomes(s, run)
		} else if !errors.Is(err, store.ErrNotFound) {
			g.fault("run %s: %v", name, err)
		}
	}
}

// openStore opens the store for reading.
func (o *operator) openStore() (*sqlite.Store, error) {
	return sqlite.Open(context.Background(), sqlite.Options{
		Dir: filepath.Join(o.dir, "runs"), State: filepath.Join(o.dir, "state", "bulknum"), ReadOnly: true,
	})
}

// outcomes is how the rows of a run stand, and whether all that was sent is among
// them.
func (g *goingOn) outcomes(s *sqlite.Store, run store.Run) map[int]store.Outcome {
	rows := map[int]store.Outcome{}
	for o, err := range s.Outcomes(context.Background(), run.ID) {
		if err != nil {
			g.fault("run %s: %v", run.Name, err)
			break
		}
		rows[o.Line] = o
	}
	for _, u := range g.sentBefore(g.out.at) {
		if g.steps[u.step].run != run.Name {
			continue
		}
		row, there := rows[g.lineOf(u.number)]
		if !there {
			g.fault("run %s: %s was sent, and the store does not know", run.Name, u.number)
		}
		if row.Open && g.resultOf(u) <= g.acknowledged(g.out.at) {
			g.fault("run %s: the answer for %s was acknowledged, and the store does not have it", run.Name, u.number)
		}
	}
	return rows
}

// lineOf is the line of a number in the file, and in its rollback.
func (g *goingOn) lineOf(number string) int { return slices.Index(g.api.numbers(g.rows), number) + 2 }

// goOn brings the run to its end.
func (g *goingOn) goOn() {
	run, more := g.step.run, []string{"--ignore-free-space"}
	if slices.Contains(g.step.args, "--waves") {
		more = append(more, "--allow-partial-first-wave")
	}
	if _, there := g.there[run]; !there {
		g.again(run)
	} else if e := g.bulknum(append(with("resume", run), more...)...); e.code != 0 {
		g.fault("%v", e)
	}
	if len(g.faults) == 0 && g.step.args[0] == "verify" {
		if e := g.bulknum(g.step.args...); e.code != 0 {
			g.fault("%v", e)
		}
	}
	if len(g.faults) == 0 {
		g.wantSentRightly(run)
		g.wantResults(run)
	}
}

// again begins a run that was not entered.
func (g *goingOn) again(run string) {
	folder := filepath.Join(g.dir, "runs", run)
	if err := os.RemoveAll(folder); err != nil { // what is left is in nobody's way but that of the name
		g.t.Fatal(err)
	}
	args := g.step.args
	if args[0] == "resume" {
		args = g.steps[0].args
	}
	if e := g.bulknum(args...); e.code != 0 {
		g.fault("%v", e)
	}
}

// wantSentRightly wants that nothing with an answer was sent, what was in doubt
// was read first, and each number is as it should be.
func (g *goingOn) wantSentRightly(run string) {
	first := g.renewedNumbers()
	g.api.mu.Lock()
	seen := slices.Clone(g.api.seen)
	g.api.mu.Unlock()
	sent, read := map[string]int{}, map[string]bool{}
	inventory := false
	for _, s := range seen {
		switch s.Endpoint {
		case sandbox.Inventory:
			inventory = true
		case sandbox.Number:
			read[s.Number] = true
		case sandbox.Update:
			if row, there := g.there[run][g.lineOf(s.Number)]; there && row.Open && !read[s.Number] && !inventory && sent[s.Number] == 0 {
				g.fault("%s was in doubt, and was sent without being read", s.Number)
			}
			sent[s.Number]++
		}
	}
	for i, number := range g.api.numbers(g.rows) {
		row, there := g.there[run][i+2]
		if there && !row.Open && sent[number] > 0 {
			g.fault("%s had an answer (%s), and was sent again", number, row.Status)
		}
		if sent[number] > 1 {
			g.fault("%s was sent %d times", number, sent[number])
		}
		want := route(i)
		if g.step.back {
			want = first[number]
		}
		if is, _ := g.api.Number(number); is.MessageRouteId != want {
			g.fault("%s has %s, want %s", number, is.MessageRouteId, want)
		}
	}
}

// renewedNumbers is what the numbers had at first.
func (g *goingOn) renewedNumbers() map[string]string {
	now := g.api
	first := map[string]string{}
	a := g.renewAPI()
	for _, number := range a.numbers(g.rows) {
		is, _ := a.Number(number)
		first[number] = is.MessageRouteId
	}
	g.operator.api.Store(now)
	return first
}

// wantResults wants each row in results.csv, once.
func (g *goingOn) wantResults(run string) {
	f, err := os.Open(filepath.Join(g.dir, "runs", run, "results.csv"))
	if err != nil {
		g.fault("%v", err)
		return
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil || len(records) != g.rows+1 {
		g.fault("results.csv of %s has %d rows: %v", run, len(records)-1, err)
		return
	}
	number, status := slices.Index(records[0], "Number"), slices.Index(records[0], "Status")
	seen := map[string]bool{}
	for _, record := range records[1:] {
		if seen[record[number]] || record[status] != "updated" {
			g.fault("results.csv of %s: %v", run, record)
		}
		seen[record[number]] = true
	}
}
