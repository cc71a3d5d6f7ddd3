package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

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
	way     ReadWay
	workers int
	states  *states
	tell    func(Reading)

	first    *firstPage // if it was read already
	before   int        // pages that an earlier execution read
	pageSize int        // the largest page so far

	mu        sync.Mutex
	left      map[string]struct{} // numbers still to be read
	told      Reading
	forbidden int // singles in a row
}

// firstPage is the first page of the inventory, as it was at a moment.
type firstPage struct {
	client.InventoryPage
	at time.Time
}

// newReader returns a reader of the numbers that the states do not have yet.
func newReader(api *client.Reader, way ReadWay, workers int, states *states, numbers map[string]struct{}, tell func(Reading)) *reader {
	r := &reader{api: api, way: way, workers: workers, states: states, tell: tell, left: numbers}
	r.told.Way, r.told.Numbers = ReadEach, len(numbers)
	r.before = states.pages
	maps.DeleteFunc(r.left, func(number string, _ struct{}) bool { return states.has(number) })
	r.told.Found = r.told.Numbers - len(r.left)
	return r
}

// read reads until nothing is left to be read. A number that the listing lacks
// is asked for singly before it is called missing. An error is a [Stop], or the
// context's.
func (r *reader) read(ctx context.Context) (Reading, error) {
	if r.first != nil && r.way != ReadEach && len(r.left) > 0 {
		if err := r.takePage(r.first.InventoryPage, 1, r.first.at); err != nil {
			return r.told, err
		}
		if done := len(r.left) == 0 || r.way == ReadAuto && !r.pagesPay(r.first.InventoryPage, 1); done {
			r.told.Way = ReadInventory
			if len(r.left) > 0 {
				r.told.Way = ReadEach
			}
			r.tell(r.told)
			return r.told, r.readSingles(ctx)
		}
	}
	if r.way == ReadInventory && len(r.left) > 0 || r.way == ReadAuto && len(r.left) > fewNumbers {
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
	api := r.api
	if r.way == ReadAuto { // no longer than the other way takes
		api = api.WithPatience(max(time.Duration(len(r.left))*api.Gate().Rate().Every(), 1))
	}
	for page, err := range api.Inventory(ctx, number+1) {
		if err != nil {
			r.told.Trouble = oneLine(err)
			return ending(ctx, err)
		}
		number++
		if err := r.takePage(page, number, time.Now()); err != nil {
			return err
		}
		done := len(r.left) == 0 || r.way == ReadAuto && !r.pagesPay(page, number)
		r.told.Way = ReadInventory
		if done && len(r.left) > 0 {
			r.told.Way = ReadEach
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
	r.told.Unnamed += page.Unnamed
	r.pageSize = max(r.pageSize, len(page.Numbers)+page.Unnamed) // the last page is smaller
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
		if stop := ending(ctx, err); stop != nil {
			return stop
		}
		line.Error = oneLine(err)
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
	default:
		r.forbidden = 0
	}
	r.tell(r.told)
	if r.forbidden >= forbiddenRows {
		detail := fmt.Sprintf("%d numbers in a row were refused with 403: %s", r.forbidden, line.Error)
		return Stop{Reason: StoppedByCredentials, Detail: detail}
	}
	return nil
}

// ending returns the error that an error of a reading means for the whole run,
// or nil.
func ending(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return ends(err)
}
