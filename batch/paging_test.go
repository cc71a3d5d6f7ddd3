package batch_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// pagesOf makes the store know that the inventory comes in pages of a size, and kept tells what it knows now.
func (b *bench) pagesOf(size int) {
	b.t.Helper()
	account, err := b.config.Store.Account(context.Background(), b.config.API, b.config.Account)
	if err == nil {
		err = b.config.Store.KeepPageSize(context.Background(), account.ID, size)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) kept() int {
	b.t.Helper()
	account, err := b.config.Store.Account(context.Background(), b.config.API, b.config.Account)
	if err != nil {
		b.t.Fatal(err)
	}
	size, err := b.config.Store.PageSize(context.Background(), account.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return size
}

// ownPages makes a server ignore the size that is asked for, from now on.
func ownPages(r *http.Request) {
	query := r.URL.Query()
	query.Del("TotalNumbersRequested")
	r.URL.RawQuery = query.Encode()
}

// Nights ask for pages of the size that was found, and say before what that costs. The night in which an answer
// contradicts it says so, reads all the same, and forgets it; what is not answered is not forgotten.
func TestNightsInPagesOfASize(t *testing.T) {
	testextent.Variant(t)
	for name, test := range map[string]struct {
		changes  func(http.ResponseWriter, *http.Request) bool // what the server makes of a request with a size, in the second night
		requests [3]int                                        // for the inventory, of each night
		kept     int
		told     string
	}{
		"it stays": {nil, [3]int{3, 3, 3}, 100, ""},
		"it is ignored": {func(_ http.ResponseWriter, r *http.Request) bool {
			ownPages(r)
			return false
		}, [3]int{3, 14, 13}, 0, "does not come in pages of 100 numbers any more, and is read again in pages of the API's own size, " +
			"until it is found out anew what it honours: page 1 has 20 numbers where 100 were asked for, of 250 in all"},
		"it is refused": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"StatusCode":400,"Message":"TotalNumbersRequested is unknown"}`))
			return true
		}, [3]int{3, 14, 13}, 0, "does not come in pages of 100 numbers any more"},
		"it becomes a cap": {func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte(`{"AccountId":"AID-1","TotalResults":0,"PageNumber":1,"Filter":"All","PhoneNumbers":[]}`))
			return true
		}, [3]int{3, 14, 13}, 0, "page 1 tells a total of 0, which one page of 100 has"},
		"it is not answered": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}, [3]int{3, 0, 3}, 100, "is not answered in pages of 100 numbers, and is read again in pages of the API's own size"},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "it stays" && name != "it is ignored" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				night := 0
				fake := sandbox.Config{
					Numbers: 250, PageSize: 20, OnlyInventory: true, Pages: sandbox.Pages{Requested: sandbox.RequestedSize},
				}
				fake.Answer = func(r *http.Request) http.Handler {
					if night == 0 || night == 2 && test.kept > 0 || test.changes == nil || !r.URL.Query().Has("TotalNumbersRequested") {
						return nil
					}
					w := &answered{header: http.Header{}}
					if !test.changes(w, r) {
						return nil
					}
					return w
				}
				b := planned(newBench(t, fake, ""))
				b.pagesOf(100)
				for ; night < 3; night++ {
					b.again(b.inventoryRows(250, 10))
					before := b.pagesRead()
					run, results, err := b.apply()
					if err != nil || run.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, run.Stop)
					}
					want := map[result.Status]int{result.Unchanged: 240, result.Updated: 10}
					if night > 0 {
						want = map[result.Status]int{result.Unchanged: 250}
					}
					wantCounts(t, results, want)
					if got, want := b.pagesRead()-before, test.requests[night]; got != want && want > 0 {
						t.Errorf("night %d: %d pages were asked for, want %d", night+1, got, want)
					}
					if r, n := run.Plan.Reading, test.requests[night]; r.Way != plan.ReadInventory || r.PagesInAll != map[bool]int{true: 3, false: 13}[n == 3] {
						t.Errorf("night %d: %+v", night+1, r)
					}
					if told := b.noticed(test.told); told != (night == 1 && test.told != "") {
						t.Errorf("night %d: told %v", night+1, told)
					}
				}
				if b.kept() != test.kept {
					t.Errorf("the size is %d afterwards, want %d", b.kept(), test.kept)
				}
			})
		})
	}
}

// An inventory that moves while it is read says nothing against the size of its pages: it is kept for the next night.
func TestTheSizeIsKeptWhereTheInventoryMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{
			Numbers: 250, PageSize: 20, Pages: sandbox.Pages{Requested: sandbox.RequestedSize, Shift: 1},
		}, ""))
		b.pagesOf(100)
		b.again(b.inventoryRows(250, 10))
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Unchanged: 240, result.Updated: 10})
		const told = "the inventory changed while it was read in pages of 100 numbers, and is read again in pages of the API's own size: " +
			"3 pages have only 248 numbers by now, of 250"
		if !b.noticed(told) || b.kept() != 100 {
			t.Errorf("the size is %d afterwards, told %v", b.kept(), b.events)
		}
	})
}

// noticed reports whether something was told.
func (b *bench) noticed(detail string) bool {
	for _, e := range b.events {
		if n, ok := e.(event.Noticed); ok && detail != "" && strings.Contains(n.Detail, detail) {
			return true
		}
	}
	return false
}

// answered is an answer that was decided before it is asked for.
type answered struct {
	header http.Header
	status int
	body   []byte
}

func (a *answered) Header() http.Header { return a.header }

func (a *answered) WriteHeader(status int) { a.status = status }

func (a *answered) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}

func (a *answered) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	_, _ = w.Write(a.body)
}
