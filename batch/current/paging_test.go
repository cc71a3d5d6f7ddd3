package current_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// nine hundred are so many numbers of the inventory, and one that it lacks.
func (b *bench) nineHundred() map[string]struct{} {
	numbers := map[string]struct{}{"+18015550199": {}}
	for i := range 900 {
		number, _ := b.fake.InventoryNumber(i)
		numbers[number] = struct{}{}
	}
	return numbers
}

// in reads the numbers in pages of a size.
func (b *bench) in(ctx context.Context, known *current.Readings, size int, way plan.ReadWay) (plan.Reading, error) {
	return current.Reader{
		API: b.api.WithPaging(client.NewPaging(size, nil)), Way: way, Workers: 4, Now: time.Now, Tell: func(plan.Reading) {},
		Named: map[string]struct{}{},
	}.Read(ctx, known, b.nineHundred())
}

// Pages of a size are counted as such. Where a server makes something else of it, every number is read as if no size had
// been asked for, and what the pages cost later is counted in its own pages; what the file does not name is all told.
func TestReadingInPagesOfASize(t *testing.T) {
	for name, test := range map[string]struct {
		pages           sandbox.Pages
		size            int
		read, inAll     int
		requests        int
		costOfThe, cost int
	}{
		"own pages":      {sandbox.Pages{Requested: sandbox.RequestedSize}, 0, 50, 50, 50, 900, 45},
		"page size":      {sandbox.Pages{Requested: sandbox.RequestedSize}, 300, 4, 4, 4, 900, 3},
		"cap":            {sandbox.Pages{Requested: sandbox.RequestedCap}, 300, 50, 50, 51, 900, 45},
		"cap of records": {sandbox.Pages{Requested: sandbox.RequestedCapRecords}, 300, 50, 50, 52, 900, 45},
		"first page":     {sandbox.Pages{Requested: sandbox.RequestedFirstPage}, 300, 50, 50, 52, 900, 45},
		"ignored":        {sandbox.Pages{}, 300, 50, 50, 51, 900, 45},
		"refused":        {sandbox.Pages{Requested: sandbox.RequestedRefused}, 300, 50, 50, 51, 900, 45},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "own pages" && name != "page size" && name != "ignored" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sandbox.Config{Numbers: 1000, PageSize: 20, OnlyInventory: true, Pages: test.pages})
				known := b.readings()
				got, err := b.in(t.Context(), known, test.size, plan.ReadInventory)
				if err != nil || got.Found != 900 || got.Pages != test.read || got.PagesInAll != test.inAll || got.Singles != 1 {
					t.Errorf("%+v, %v", got, err)
				}
				if got.Unlisted == nil || got.Unlisted.Numbers != 100 || !got.Unlisted.Whole {
					t.Errorf("not in the file: %+v", got.Unlisted)
				}
				if n := b.fake.Stats().Endpoints[sandbox.Inventory].Requests; n != test.requests {
					t.Errorf("%d pages were asked for, want %d", n, test.requests)
				}
				var on []int
				for i := range test.costOfThe {
					number, _ := b.fake.InventoryNumber(i)
					on = append(on, known.PageOf(number))
				}
				if cost := current.Cost(on, got.PagesInAll); cost != test.cost {
					t.Errorf("to read them again costs %d, want %d", cost, test.cost)
				}
			})
		})
	}
}

// Pages that are read again, in the server's own size, are read as long as they pay; then they tell nothing of all others.
func TestPagesThatAreReadAgainAreReadAsLongAsTheyPay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{
			Numbers: 1000, PageSize: 20, OnlyInventory: true, Pages: sandbox.Pages{Requested: sandbox.RequestedCapRecords},
		})
		got, err := b.in(t.Context(), b.readings(), 300, plan.ReadAuto)
		if err != nil || got.Found != 900 || got.Pages != 45 || got.PagesInAll != 50 || got.Singles != 1 || got.Unlisted != nil {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// A reading that was interrupted goes on in pages of the same size, and begins with the first one when the size is another
// by then.
func TestReadingGoesOnInPagesOfItsSize(t *testing.T) {
	for name, test := range map[string]struct{ before, after, requests int }{
		"the same size":     {50, 50, 21}, // one may have been under way
		"a size that ended": {50, 0, 60},
		"a size since then": {0, 50, 31},
		"another size":      {50, 100, 21},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "the same size" && name != "another size" { // of which none is one
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sandbox.Config{Numbers: 1000, PageSize: 20, Pages: sandbox.Pages{Requested: sandbox.RequestedSize}})
				ctx, cancel := context.WithTimeout(t.Context(), 13*time.Second)
				defer cancel()
				first, err := b.in(ctx, b.readings(), test.before, plan.ReadAuto)
				if !errors.Is(err, context.DeadlineExceeded) || first.Pages < 8 || first.Pages > 12 {
					t.Fatalf("interrupted: %+v, %v", first, err)
				}
				known := b.readings()
				if err := known.Resume(t.Context(), b.store, b.run, time.Hour); err != nil {
					t.Fatal(err)
				}
				second, err := b.in(t.Context(), known, test.after, plan.ReadAuto)
				if err != nil || second.Found != 901 {
					t.Errorf("first %+v, then %+v, %v", first, second, err)
				}
				if n := b.fake.Stats().Endpoints[sandbox.Inventory].Requests; n > test.requests {
					t.Errorf("%d pages were asked for, at most %d were needed", n, test.requests)
				}
				if first, _ := b.fake.InventoryNumber(0); test.before == test.after && known.PageOf(first) != 1 {
					t.Errorf("the first number is on page %d", known.PageOf(first))
				}
				for number := range b.nineHundred() {
					if _, read := known.Get(number); !read {
						t.Fatalf("%s was not read", number)
					}
				}
			})
		})
	}
}

// A server that takes to a cap while its pages are read makes none of the numbers that are left look missing.
func TestACapFromAPageOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages, capped := 0, false
		b := newBench(t, sandbox.Config{
			Numbers: 1000, PageSize: 20, OnlyInventory: true, Pages: sandbox.Pages{Requested: sandbox.RequestedSize},
			Answer: func(r *http.Request) http.Handler {
				if !r.URL.Query().Has("TotalNumbersRequested") {
					return nil
				}
				if pages++; pages <= 2 {
					return nil
				}
				capped = true
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					_, _ = w.Write([]byte(`{"AccountId":"AID-1","TotalResults":300,"PageNumber":3,"Filter":"All","PhoneNumbers":[]}`))
				})
			},
		})
		got, err := b.in(t.Context(), b.readings(), 300, plan.ReadInventory)
		if err != nil || !capped || got.Found != 900 || got.Singles != 1 || got.Unlisted == nil || got.Unlisted.Numbers != 100 || !got.Unlisted.Whole {
			t.Errorf("%+v %+v, %v", got, got.Unlisted, err)
		}
	})
}
