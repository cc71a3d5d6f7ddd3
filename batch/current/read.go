// Package current is the reader of numbers' current settings, with as few requests as
// can be, by the pages of the inventory or number by number, and what it has read.
package current

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// fewNumbers are read one by one without a look at the inventory: its first
// page and the token for it cost as much.
const fewNumbers = 2

// Reader reads the current settings of numbers with as few requests as can be.
type Reader struct {
	API     *client.Reader
	Way     plan.ReadWay
	Workers int
	// Now is the wall clock, which goes on while a machine is suspended: by it readings are as
	// old as they are.
	Now func() time.Time
	// First is the first page of the inventory, if it was read already. Optional.
	First *FirstPage
	// Named are numbers that the input names besides those that are read. Where the inventory is read to its end, all others are
	// told; nil: they are of no interest.
	Named map[string]struct{}
	// Tell is told how it goes, and Notice in words what it waits for. Notice is optional.
	Tell   func(plan.Reading)
	Notice func(string)
	// Listed is told what the listing has of each number, be it wanted or not. Optional.
	Listed func(number string, is settings.State)
	// Own are updates that a reading may lag behind, and Expected tells whether a number is
	// as it should be by now: where the listing has it otherwise, it is asked for by itself.
	// Empty finds the fields, by number, that are taken for as they should be when they have
	// no value: where the listing shows none, it may be that it never does, and the number is
	// asked for by itself. All are optional.
	Own      *Own
	Expected func(number string, is settings.State) bool
	Empty    func(context.Context) (map[string]settings.Settings, error)
}

// FirstPage is the first page of the inventory, as it was at a moment.
type FirstPage struct {
	client.InventoryPage
	At time.Time
}

// Read reads the numbers that the readings do not have yet. A number that the
// listing lacks is asked for singly before it is called missing. An error is a
// [result.Stop], or the context's.
func (r Reader) Read(ctx context.Context, into *Readings, numbers map[string]struct{}) (plan.Reading, error) {
	into.begin(r.API.PageSize())
	w := &reading{Reader: r, into: into, left: numbers, before: into.pages, again: map[string]suspect{}}
	w.told.Way, w.told.Numbers = plan.ReadEach, len(numbers)
	err := w.begin(ctx)
	if err == nil {
		err = w.read(ctx)
	}
	if err == nil {
		err = w.readAgain(ctx)
	}
	return w.told, errors.Join(err, into.Close())
}

// reading is the work of a [Reader] for some numbers.
type reading struct {
	Reader
	into     *Readings
	before   int // pages that an earlier execution read
	pageSize int // that pages are asked to have, or the largest one so far
	empty    map[string]settings.Settings
	others   others

	mu        sync.Mutex
	left      map[string]struct{} // numbers still to be read
	told      plan.Reading
	forbidden int                // singles in a row
	again     map[string]suspect // by number, those whose reading is not believed yet
	singles   int                // of which that are asked for by themselves in any case
	checked   int                // numbers of the listing that were asked for by themselves
	refuted   int                // of which that showed something else
}

// begin takes over what is known already, perhaps by a listing that was not looked into any more.
func (r *reading) begin(ctx context.Context) (err error) {
	if r.Empty != nil {
		if r.empty, err = r.Empty(ctx); err != nil {
			return err
		}
	}
	maps.DeleteFunc(r.left, func(number string, _ struct{}) bool {
		l, known := r.into.Get(number)
		if known && r.hollow(l) {
			r.suspect(number, suspect{listed: true, hollow: true})
		}
		return known
	})
	r.told.Found = r.told.Numbers - len(r.left)
	return nil
}

// read reads until nothing is left to be read.
func (r *reading) read(ctx context.Context) error {
	if r.First != nil && r.into.size == 0 && r.before == 0 && r.Way != plan.ReadEach && len(r.left) > 0 {
		done, err := r.takePage(r.First.InventoryPage, 1, r.First.At)
		if err != nil || done {
			return errors.Join(err, r.readSingles(ctx))
		}
	}
	if r.Way == plan.ReadInventory && len(r.left) > 0 || r.Way == plan.ReadAuto && len(r.left) > fewNumbers {
		if err := r.readPages(ctx); err != nil {
			return err
		}
	}
	return r.readSingles(ctx)
}

// readPages reads the inventory as long as it is the cheaper way. An inventory
// that cannot be read is no trouble: the numbers can be asked for.
func (r *reading) readPages(ctx context.Context) error {
	number := r.into.pages // what was read already
	r.pageSize = r.into.size
	api := r.API
	if r.Way == plan.ReadAuto { // no longer than the other way takes
		api = api.WithPatience(max(time.Duration(len(r.left))*api.Gate().Rate().Every(), 1))
	}
	for page, err := range api.Inventory(ctx, number+1) {
		if err != nil {
			r.told.Trouble = result.OneLine(err)
			return result.EndOfCall(ctx, err)
		}
		if page.Requested != r.into.size {
			r.anew(page.Requested)
			number = 0
		}
		number++
		if done, err := r.takePage(page, number, r.Now()); err != nil || done {
			return err
		}
	}
	return nil
}

// anew begins with the first page again, of another size. What was read of numbers stays.
func (r *reading) anew(size int) {
	r.into.begin(size)
	r.before, r.pageSize, r.told.Pages, r.told.PagesInAll, r.told.Unnamed, r.told.Unlisted = 0, size, 0, 0, 0, nil
	r.others.records, r.others.unnamed = 0, 0
}

// takePage keeps what a page tells of the numbers that are wanted, and reports
// whether no further page is. A number that comes twice, because the pages shift, is
// wanted only once; where it is not the same again, it is asked for by itself.
func (r *reading) takePage(page client.InventoryPage, number int, now time.Time) (done bool, err error) {
	for _, n := range page.Numbers {
		is := settings.StateOf(n)
		if r.Listed != nil {
			r.Listed(n.Number, is)
		}
		if _, wanted := r.left[n.Number]; !wanted {
			if before := r.into.found(n.Number); before != nil && *before != is {
				r.unlike(n.Number)
			}
			continue
		}
		state := is // most numbers are not kept
		line := store.Reading{At: now, Number: n.Number, Status: n.Status, State: &state}
		if err := r.into.Add(line); err != nil {
			return false, err
		}
		r.suspicious(line, true)
		delete(r.left, n.Number)
		r.told.Found++
	}
	r.look(page)
	r.told.Pages++
	r.told.Unnamed += page.Unnamed
	r.pageSize = max(r.pageSize, len(page.Numbers)+page.Unnamed) // the last page is smaller
	if page.TotalResults > 0 && r.pageSize > 0 {
		r.told.PagesInAll = max(number, pagesFor(page.TotalResults, r.pageSize)) - r.before
	}
	r.told.SinglesLeft = len(r.left) + r.singles
	if err := r.into.Add(store.Reading{At: now, Page: number, Size: r.into.size}); err != nil {
		return false, err
	}
	done = len(r.left) == 0 || r.Way == plan.ReadAuto && !r.pagesPay(page, number)
	r.told.Way = plan.ReadInventory
	if done && len(r.left) > 0 {
		r.told.Way = plan.ReadEach
	}
	r.Tell(r.told)
	return done, nil
}

// pagesFor is how many pages of a size hold so many numbers.
func pagesFor(total, size int) int { return (total + size - 1) / size }

// pagesPay reports whether reading on, after so many pages, takes fewer
// requests than asking for each number that is left. Of an inventory that does
// not tell its size, as many pages are tried as there are numbers left: that is
// at most twice what would have been best.
func (r *reading) pagesPay(page client.InventoryPage, pages int) bool {
	if page.TotalResults < 0 {
		return pages < len(r.left)
	}
	return r.before+r.told.PagesInAll-pages < len(r.left)
}

// readSingles asks for each number that is left.
func (r *reading) readSingles(ctx context.Context) error {
	if len(r.left) == 0 {
		return nil
	}
	return r.each(ctx, slices.Sorted(maps.Keys(r.left)))
}

// readSingle asks for one number. That the API does not tell it is data; only
// what concerns the whole run is an error.
func (r *reading) readSingle(ctx context.Context, number string) error {
	line := store.Reading{Number: number}
	before, _ := r.into.Get(number)
	r.mu.Lock()
	doubt := r.again[number]
	r.mu.Unlock()
	told, err := r.API.Number(ctx, number)
	line.At = r.Now()
	if err == nil {
		state := settings.StateOf(told)
		if doubt.listed && !doubt.unlike && doubt.until.IsZero() { // the listing does not lag: what it shows is there
			state = state.Beside(*before.State)
		}
		line.State, line.Status = &state, told.Status
	} else {
		if stop := result.EndOfCall(ctx, err); stop != nil {
			return stop
		}
		call, ok := errors.AsType[*client.Error](err)
		line.Error, line.Permanent = result.OneLine(err), ok && client.Refuses(call.HTTPStatus)
	}
	if err := r.into.Add(line); err != nil {
		return err
	}
	return r.took(line, before, err)
}

// took counts a single number, which was read before or not.
func (r *reading) took(line, before store.Reading, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.left, line.Number)
	why := r.again[line.Number]
	if why.listed && !why.unlike {
		r.checked++
		if line.State != nil && *line.State != *before.State {
			r.refuted++
		}
	}
	if why.single() {
		r.singles--
	}
	delete(r.again, line.Number)
	r.suspicious(line, false)
	r.told.Singles++
	r.told.SinglesLeft = len(r.left) + r.singles
	var call *client.Error
	switch {
	case line.State != nil:
		if before.State == nil {
			r.told.Found++
		}
		r.forbidden = 0
	case errors.As(err, &call) && call.Kind == client.KindForbidden:
		r.forbidden++
	default:
		r.forbidden = 0
	}
	r.Tell(r.told)
	if r.forbidden >= result.ForbiddenInARow {
		return result.Stop{Reason: result.StoppedByCredentials, Detail: fmt.Sprintf("%d numbers in a row were refused with 403: %s", r.forbidden, line.Error)}
	}
	return nil
}

// Cost is how many requests a [Reader] takes for numbers that are on these
// pages, 0 for one that is on none, of an inventory that has so many; 0: nobody
// knows, and each number is one.
func Cost(pages []int, inAll int) int {
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
