package current

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bulknum/bulknum/batch/store"
)

// The pauses between two readings of a number that does not show yet what was sent.
const (
	againFirst = time.Second
	againMost  = 10 * time.Second
)

// listingChecks is how many numbers are asked for by themselves before a listing is
// believed that shows them, and others, otherwise than they should be.
const listingChecks = 10

// suspect is a number of which the latest reading is not believed yet.
type suspect struct {
	listed bool      // it was not asked for by itself
	hollow bool      // it shows no value of a field that is not to have one
	unlike bool      // the listing shows it once more, and otherwise
	until  time.Time // that it may lag behind an update of our own; zero: behind none
}

// single reports whether the number is asked for by itself, however much the listing is believed.
func (s suspect) single() bool { return s.hollow || s.unlike }

// suspicious notes a reading that is not to be believed yet: the caller has mu.
func (r *reading) suspicious(l store.Reading, listed bool) {
	if l.State == nil {
		return
	}
	until := r.Own.lags(l)
	expected := !listed || r.Expected == nil || r.Expected(l.Number, *l.State)
	hollow := listed && r.hollow(l)
	if until.After(l.At) || !expected || hollow {
		r.suspect(l.Number, suspect{listed: listed, hollow: hollow, until: until})
	}
}

// suspect notes a number that was believed: the caller has mu.
func (r *reading) suspect(number string, why suspect) {
	r.again[number] = why
	if why.single() {
		r.singles++
	}
}

// unlike notes a number that the listing shows otherwise than before: it changed meanwhile, or has two records.
func (r *reading) unlike(number string) {
	why := r.again[number]
	if why.single() {
		why.unlike = true
		r.again[number] = why
		return
	}
	why.listed, why.unlike = true, true
	r.suspect(number, why)
}

// hollow reports whether a reading shows no value of a field that is not to have one.
func (r *reading) hollow(l store.Reading) bool {
	fields, ok := r.empty[l.Number]
	return ok && l.State != nil && l.State.ShowsEmpty(fields)
}

// readAgain asks for each number by itself of which the latest reading is not believed: at
// once where the listing showed it, and until it shows what was sent or cannot lag any more.
func (r *reading) readAgain(ctx context.Context) error {
	for pause := againFirst; len(r.again) > 0; {
		listed, last := r.listed(), r.mayLag()
		due := listed
		if len(listed) == 0 {
			due = slices.Sorted(maps.Keys(r.again))
			if pause == againFirst && r.Notice != nil {
				r.Notice(lagging(len(due), last))
			}
			if err := wait(ctx, min(pause, time.Until(last))); err != nil {
				return err
			}
			pause = min(2*pause, againMost)
		}
		if err := r.each(ctx, due); err != nil {
			return err
		}
	}
	return nil
}

// listed are the numbers that the listing shows otherwise than they should be, as long as
// it is not certain that it does not lag, and forgets them when it is.
func (r *reading) listed() (numbers []string) {
	for _, number := range slices.Sorted(maps.Keys(r.again)) {
		if r.again[number].listed {
			numbers = append(numbers, number)
		}
	}
	if r.refuted > 0 || len(numbers) == 0 {
		return numbers
	}
	if r.checked < listingChecks {
		return numbers[:min(len(numbers), listingChecks)]
	}
	return slices.DeleteFunc(numbers, func(number string) bool {
		believed := r.again[number].until.IsZero() && !r.again[number].single()
		if believed {
			delete(r.again, number)
		}
		return believed
	})
}

// mayLag is until when some reading may.
func (r *reading) mayLag() (last time.Time) {
	for _, s := range r.again {
		if s.until.After(last) {
			last = s.until
		}
	}
	return last
}

// each asks for numbers by themselves.
func (r *reading) each(ctx context.Context, numbers []string) error {
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(r.Workers)
	for _, number := range numbers {
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

// wait lets time pass. An error is the context's cause.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return context.Cause(ctx)
}

// lagging says that so many numbers show what was sent to them by a time at the latest.
func lagging(n int, last time.Time) string {
	what := "1 number does not show yet what was sent a moment ago: it is"
	if n != 1 {
		what = fmt.Sprintf("%d numbers do not show yet what was sent a moment ago: they are", n)
	}
	return what + " read again, until " + last.Format("15:04:05 MST") + " at the latest"
}
