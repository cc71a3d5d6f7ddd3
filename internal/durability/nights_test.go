package durability

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/internal/testextent"
)

const (
	// ofAYear are the nights for which the store may grow to yearSize bytes, with
	// manyRows a night.
	ofAYear  = 365
	yearSize = 250e6
	manyRows = 10_000
)

// nightRows is how many rows a night has: manyRows in a full run.
func nightRows() int { return min(manyRows, testextent.Count(2*manyRows)) }

// nightly is a job that runs every night.
type nightly struct {
	t         *testing.T
	dir       string
	api       *sandbox.Sandbox
	transport http.RoundTripper
	random    *rand.Rand
	numbers   []string
	routes    []string
	asked     []int // by row, which route
	// keep is how many nights are kept; 0: all.
	keep  int
	began []time.Time // each night
	// first is when the night's first request came, in nanoseconds since 1970.
	first atomic.Int64
}

// night is what a night took.
type night struct {
	untilFirst, whole, cpu time.Duration
}

func newNightly(t *testing.T) *nightly {
	t.Helper()
	n := &nightly{t: t, dir: t.TempDir(), random: rand.New(rand.NewPCG(1, 2)), asked: make([]int, nightRows())}
	var err error
	n.api, err = sandbox.New(sandbox.Config{Numbers: len(n.asked), PageSize: 100, OnlyInventory: true, Observe: func(sandbox.Seen) {
		n.first.CompareAndSwap(0, time.Now().UnixNano())
	}})
	if err != nil {
		t.Fatal(err)
	}
	network := pipenet.Listen()
	transport, stop := network.Serve(n.api)
	t.Cleanup(stop)
	n.transport = transport
	for i := range 20 {
		n.routes = append(n.routes, fmt.Sprintf("MRID-%08x-0000-4000-8000-%012x", i, i*i))
	}
	for i := range n.asked {
		number, _ := n.api.InventoryNumber(i)
		n.numbers = append(n.numbers, number)
		n.asked[i] = n.random.IntN(len(n.routes))
		if err := n.api.Set(number, func(r *sandbox.Record) { r.MessageRouteId = n.routes[n.asked[i]] }); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// file is the file of the next night, in which one row of a hundred asks for
// something else than the night before.
func (n *nightly) file() []byte {
	for range len(n.asked) / 100 {
		n.asked[n.random.IntN(len(n.asked))] = n.random.IntN(len(n.routes))
	}
	var b bytes.Buffer
	b.WriteString("Number,MessageRouteId\n")
	for i, number := range n.numbers {
		fmt.Fprintf(&b, "%s,%s\n", number, n.routes[n.asked[i]])
	}
	return b.Bytes()
}

// pass runs one night as a command does: it opens the store, and closes it.
func (n *nightly) pass(number int) (took night) {
	n.t.Helper()
	file := n.file()
	n.first.Store(0)
	began, cpu := time.Now(), cpuTime()
	n.began = append(n.began, began)
	s, err := n.open(false)
	if err != nil {
		n.t.Fatal(err)
	}
	api, err := client.New(client.Config{
		BaseURL:     "http://localhost",
		Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
		Transport:   n.transport, Rate: client.Unlimited,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	account, err := s.Account(n.t.Context(), "http://localhost", "DID-1")
	if err != nil {
		n.t.Fatal(err)
	}
	lock, err := batch.LockAccount(n.t.Context(), s, account, "bulknum apply", 0)
	if err != nil {
		n.t.Fatal(err)
	}
	run, err := batch.Apply(n.t.Context(), batch.Config{
		Access:      batch.Access{Account: "DID-1", API: "http://localhost", Rate: client.Unlimited, Reader: api.Reader, Client: api},
		File:        batch.File{Source: bytes.NewReader(file), SourceName: "nightly.csv"},
		Reading:     batch.Reading{Read: plan.ReadAuto},
		Options:     send.Options{Workers: 4, MaxFailures: plan.Limit{Share: 0.1}},
		PlanOptions: runs.PlanOptions{WriteOnly: plan.WriteOnlyKnown},
		Store:       s, RunsDir: n.dir, Job: "nightly",
		RunName: fmt.Sprintf("night-%d", number),
		Lock:    lock, Keep: n.age(),
	})
	if err != nil || run.Stop.Early() {
		n.t.Fatalf("night %d: %v, %v", number, err, run.Stop)
	}
	lock.Release()
	if err := s.Close(); err != nil {
		n.t.Fatal(err)
	}
	took.whole, took.cpu = time.Since(began), cpuTime()-cpu
	took.untilFirst = time.Unix(0, n.first.Load()).Sub(began)
	return took
}

// age is how old the oldest night is that is kept; 0: all are.
func (n *nightly) age() time.Duration {
	if n.keep == 0 || len(n.began) <= n.keep {
		return 0
	}
	return time.Since(n.began[len(n.began)-1-n.keep])
}

func (n *nightly) open(readOnly bool) (*sqlite.Store, error) {
	return sqlite.Open(n.t.Context(), sqlite.Options{Dir: n.dir, State: filepath.Join(n.dir, ".state"), ReadOnly: readOnly})
}

// sizes is what the store has.
func (n *nightly) sizes() sqlite.Report {
	n.t.Helper()
	s, err := n.open(true)
	if err != nil {
		n.t.Fatal(err)
	}
	defer s.Close()
	report, err := s.Check(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	if len(report.Faults) > 0 {
		n.t.Errorf("the store is not whole: %v", report.Faults)
	}
	return report
}

// A year of nights, of which most rows are unchanged, fits into 250 MB, and the
// last one begins as soon as the first.
func TestAYearOfNightsIsSmall(t *testing.T) {
	nights := testextent.Count(20)
	n := newNightly(t)
	first := n.sizesAfter(1)
	took := n.passes(nights)
	report := n.sizes()
	each := (report.Bytes - first.Bytes) / int64(nights) * manyRows / int64(len(n.asked))
	t.Logf("%d nights: %.1f MB, %d bytes a night, so %.0f MB a year", nights+1, float64(report.Bytes)/1e6, each, float64(each)*ofAYear/1e6)
	kinds := slices.SortedFunc(maps.Keys(report.Sizes), func(a, b string) int { return int(report.Sizes[b] - report.Sizes[a]) })
	for _, kind := range kinds[:8] {
		t.Logf("%9d bytes a night: %s", (report.Sizes[kind]-first.Sizes[kind])/int64(nights), kind)
	}
	if each*ofAYear > yearSize {
		t.Errorf("%d bytes a night are more than %.0f in a year", each, yearSize)
	}
	n.compare(took)
}

// keptPart is the part of all nights whose runs are kept, where --keep removes the
// others: one in so many.
const keptPart = 4

// With --keep the store has so many nights in it as are kept, and no more, however
// many there have been.
func TestAYearOfNightsWithRetention(t *testing.T) {
	testextent.Variant(t) // that old runs go at the end of one, the tests of batch show
	nights := max(4, testextent.Count(20))
	n := newNightly(t)
	n.keep = max(2, nights/keptPart)
	n.pass(1)
	took := n.passes(n.keep)
	full := n.sizes() // the next night is the first that removes one
	took = append(took, n.passes(nights-n.keep)...)
	report := n.sizes()
	t.Logf("%d nights, of which %d are kept: %.1f MB; when the first was removed it had %.1f MB", nights+1, n.keep, float64(report.Bytes)/1e6, float64(full.Bytes)/1e6)
	if report.Runs > n.keep+1 || report.Runs < n.keep/2 { // they grow older while the last one goes on
		t.Errorf("%d runs are kept, want about %d", report.Runs, n.keep)
	}
	const slack = 1.15 // nights differ, and what is removed leaves pages half full
	if limit := slack*float64(full.Bytes) + 1e6*float64(len(n.asked))/manyRows; float64(report.Bytes) > limit {
		t.Errorf("the store has grown to %d bytes from %d", report.Bytes, full.Bytes)
	}
	n.compare(took)
}

// passes runs some nights.
func (n *nightly) passes(nights int) (took []night) {
	n.t.Helper()
	for range nights {
		took = append(took, n.pass(len(n.began)+1))
	}
	return took
}

// compare tells what the first and the last nights took.
func (n *nightly) compare(took []night) {
	n.t.Helper()
	few := max(1, len(took)/4)
	early, late := middle(took[:few]), middle(took[len(took)-few:])
	n.t.Logf("first nights: %v until the first request, %v in all, %v of CPU; last nights: %v, %v, %v",
		early.untilFirst, early.whole, early.cpu, late.untilFirst, late.whole, late.cpu)
	n.t.Logf("the last nights start in %.2f x the time of the first, and take %.2f x the CPU",
		float64(late.untilFirst)/float64(early.untilFirst), float64(late.cpu)/float64(early.cpu))
}

// sizesAfter runs one night, and returns what the store has then.
func (n *nightly) sizesAfter(number int) sqlite.Report {
	n.t.Helper()
	n.pass(number)
	return n.sizes()
}

// middle is the median of nights, each of its figures by itself.
func middle(nights []night) night {
	of := func(figure func(night) time.Duration) time.Duration {
		all := make([]time.Duration, len(nights))
		for i, n := range nights {
			all[i] = figure(n)
		}
		slices.Sort(all)
		return all[len(all)/2].Round(time.Millisecond / 10)
	}
	return night{
		untilFirst: of(func(n night) time.Duration { return n.untilFirst }),
		whole:      of(func(n night) time.Duration { return n.whole }),
		cpu:        of(func(n night) time.Duration { return n.cpu }),
	}
}
