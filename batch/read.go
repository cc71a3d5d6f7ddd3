package batch

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// fewNumbers are read one by one without a look at the inventory: its first
// page and the token for it cost as much.
const fewNumbers = 2

// reader reads the current settings of numbers with as few requests as can be.
type reader struct {
	api     *client.Reader
	way     plan.ReadWay
	workers int
	states  *states
	tell    func(plan.Reading)

	first    *firstPage // if it was read already
	before   int        // pages that an earlier execution read
	pageSize int        // the largest page so far

	mu        sync.Mutex
	left      map[string]struct{} // numbers still to be read
	told      plan.Reading
	forbidden int // singles in a row
}

// firstPage is the first page of the inventory, as it was at a moment.
type firstPage struct {
	client.InventoryPage
	at time.Time
}

// newReader returns a reader of the numbers that the states do not have yet.
func newReader(api *client.Reader, way plan.ReadWay, workers int, states *states, numbers map[string]struct{}, tell func(plan.Reading)) *reader {
	r := &reader{api: api, way: way, workers: workers, states: states, tell: tell, left: numbers}
	r.told.Way, r.told.Numbers = plan.ReadEach, len(numbers)
	r.before = states.pages
	maps.DeleteFunc(r.left, func(number string, _ struct{}) bool { return states.has(number) })
	r.told.Found = r.told.Numbers - len(r.left)
	return r
}

// read reads until nothing is left to be read. A number that the listing lacks
// is asked for singly before it is called missing. An error is a [result.Stop], or the
// context's.
func (r *reader) read(ctx context.Context) (plan.Reading, error) {
	if r.first != nil && r.way != plan.ReadEach && len(r.left) > 0 {
		if err := r.takePage(r.first.InventoryPage, 1, r.first.at); err != nil {
			return r.told, err
		}
		if done := len(r.left) == 0 || r.way == plan.ReadAuto && !r.pagesPay(r.first.InventoryPage, 1); done {
			r.told.Way = plan.ReadInventory
			if len(r.left) > 0 {
				r.told.Way = plan.ReadEach
			}
			r.tell(r.told)
			return r.told, r.readSingles(ctx)
		}
	}
	if r.way == plan.ReadInventory && len(r.left) > 0 || r.way == plan.ReadAuto && len(r.left) > fewNumbers {
		if err := r.readPages(ctx); err != nil {
			return r.told, err
		}
	}
	if len(r.left) == 0 {
		return r.told, nil
	}
	return r.told, r.readSingles(ctx)
}

// readPages reads the inventory as long as it is the cheaper way. An inventory
// that cannot be read is no trouble: the numbers can be asked for.
func (r *reader) readPages(ctx context.Context) error {
	number := r.states.pages // what was read already
	for page, err := range r.api.Inventory(ctx, number+1) {
		if err != nil {
			r.told.Trouble = result.OneLine(err)
			return result.EndOfCall(ctx, err)
		}
		number++
		if err := r.takePage(page, number, time.Now()); err != nil {
			return err
		}
		done := len(r.left) == 0 || r.way == plan.ReadAuto && !r.pagesPay(page, number)
		r.told.Way = plan.ReadInventory
		if done && len(r.left) > 0 {
			r.told.Way = plan.ReadEach
		}
		r.tell(r.told)
		if done {
			return nil
		}
	}
	return nil
}

// takePage keeps what a page tells of the numbers that are wanted. A number
// that comes twice, because the pages shift, is wanted only once.
func (r *reader) takePage(page client.InventoryPage, number int, now time.Time) error {
	for _, n := range page.Numbers {
		if _, wanted := r.left[n.Number]; !wanted {
			continue
		}
		state := settings.StateOf(n)
		if err := r.states.add(store.Reading{At: now, Number: n.Number, State: &state}); err != nil {
			return err
		}
		delete(r.left, n.Number)
		r.told.Found++
	}
	r.told.Pages++
	r.pageSize = max(r.pageSize, len(page.Numbers)) // the last page is smaller
	if page.TotalResults > 0 && r.pageSize > 0 {
		r.told.PagesInAll = max(number, pagesFor(page.TotalResults, r.pageSize)) - r.before
	}
	r.told.SinglesLeft = len(r.left)
	return r.states.add(store.Reading{At: now, Page: number})
}

// pagesFor is how many pages of a size hold so many numbers.
func pagesFor(total, size int) int { return (total + size - 1) / size }

// pagesPay reports whether reading on, after so many pages, takes fewer
// requests than asking for each number that is left. Of an inventory that does
// not tell its size, as many pages are tried as there are numbers left: that is
// at most twice what would have been best.
func (r *reader) pagesPay(page client.InventoryPage, pages int) bool {
	if page.TotalResults < 0 {
		return pages < len(r.left)
	}
	return r.before+r.told.PagesInAll-pages < len(r.left)
}

// readSingles asks for each number that is left.
func (r *reader) readSingles(ctx context.Context) error {
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(r.workers)
	for _, number := range slices.Sorted(maps.Keys(r.left)) {
		if reading.Err() != nil {
			break
		}
		group.Go(func() error { return r.readSingle(reading, number) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// readSingle asks for one number. That the API does not tell it is data; only
// what concerns the whole run is an error.
func (r *reader) readSingle(ctx context.Context, number string) error {
	line := store.Reading{Number: number}
	told, err := r.api.Number(ctx, number)
	line.At = time.Now()
	if err == nil {
		state := settings.StateOf(told)
		line.State = &state
	} else {
		if stop := result.EndOfCall(ctx, err); stop != nil {
			return stop
		}
		line.Error = result.OneLine(err)
	}
	if err := r.states.add(line); err != nil {
		return err
	}
	return r.took(line, err)
}

// took counts a single number.
func (r *reader) took(line store.Reading, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.left, line.Number)
	r.told.Singles++
	r.told.SinglesLeft = len(r.left)
	var call *client.Error
	switch {
	case line.State != nil:
		r.told.Found++
		r.forbidden = 0
	case errors.As(err, &call) && call.Kind == client.KindForbidden:
		r.forbidden++
	}
	r.tell(r.told)
	if r.forbidden >= result.ForbiddenInARow {
		return result.StopFor(result.StoppedByCredentials, err)
	}
	return nil
}

// readsOf is how many requests a [reader] takes for numbers that are on these
// pages, 0 for one that is on none, of an inventory that has so many; 0: nobody
// knows, and each number is one.
func readsOf(pages []int, inAll int) int {
	left := len(pages)
	if left <= fewNumbers || inAll == 0 {
		return left
	}
	on := make([]int, inAll+1)
	for _, page := range pages {
		on[min(page, inAll)]++
	}
	for page := 1; ; page++ {
		left -= on[page]
		if left == 0 || page == inAll || inAll-page >= left {
			return page + left
		}
	}
}
