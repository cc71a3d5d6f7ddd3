package current

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Readings are the current settings of numbers, as they were read. They are safe
// for concurrent use, also as nil, of which nothing was read.
type Readings struct {
	phase  store.ReadingPhase // what they are read for
	record func(...store.Record) error

	mu    sync.Mutex
	at    map[string]placed // by number, the newest
	alike map[settings.State]*settings.State
	pages int             // pages of the inventory that were read
	size  int             // that they were asked to have; 0: their own
	kept  []store.Reading // those that are not in the store yet
	since time.Time       // of the oldest of them
}

// placed is a reading of a number, without what is known of it anyhow, and the page of the inventory on which the number was
// found; 0: it is not known. There may be a million.
type placed struct {
	at          time.Time
	status, err string
	state       *settings.State
	page        int32
	permanent   bool
}

// place takes of a reading what is kept.
func place(l store.Reading, page int) placed {
	return placed{l.At, l.Status, l.Error, l.State, int32(page), l.Permanent} //nolint:gosec // nobody reads so many pages
}

// of is the reading of a number that was kept.
func (s *Readings) of(number string, p placed) store.Reading {
	return store.Reading{
		Phase: s.phase, At: p.at, Number: number, Status: p.status, State: p.state, Error: p.err, Permanent: p.permanent,
	}
}

// NewReadings returns those of numbers of which nothing was read yet. record keeps
// them; nil: they are not kept, because what came of them is.
func NewReadings(phase store.ReadingPhase, record func(...store.Record) error) *Readings {
	return &Readings{
		phase: phase, record: record,
		at: map[string]placed{}, alike: map[settings.State]*settings.State{},
	}
}

// Resume takes in what earlier executions read for the plan, and not longer ago than a
// reading may be old.
func (s *Readings) Resume(ctx context.Context, of store.Store, run store.RunID, maxAge time.Duration) error {
	now := time.Now()
	oldest := now.Add(-maxAge)
	for l, err := range of.Readings(ctx, run, nil) {
		if err != nil {
			return err
		}
		if l.Phase == s.phase && !l.At.Before(oldest) && !plan.InFuture(l.At, now) {
			s.index(l)
		}
	}
	return nil
}

// Drop forgets the readings of numbers that another run may have sent since: they are
// read again. touched tells which; it is asked for only when something was read.
func (s *Readings) Drop(touched func() (func(number string) bool, error)) error {
	if len(s.at) == 0 {
		return nil
	}
	moved, err := touched()
	if err != nil {
		return err
	}
	maps.DeleteFunc(s.at, func(number string, _ placed) bool { return moved(number) })
	return nil
}

// mostAlike is how many settings are kept once for all numbers that have them: most numbers of an account are set like
// others, and where each is for itself, the memory for finding that out stays small.
const mostAlike = 1_000

// once is what a number has, in the memory of another number that has the same, if there is one.
func once[S comparable](alike map[S]*S, is S) *S {
	same, met := alike[is]
	if !met {
		same = &is
	}
	if !met && len(alike) < mostAlike {
		alike[is] = same
	}
	return same
}

// index takes in a reading.
func (s *Readings) index(l store.Reading) {
	if l.State != nil {
		l.State = once(s.alike, *l.State)
	}
	if l.Number != "" {
		s.at[l.Number] = place(l, s.pages+1)
	}
	switch {
	case l.Page != 1:
	case s.pages == 0: // its numbers came before it
		s.size = l.Size
	default:
		s.begin(l.Size)
	}
	if l.Page == s.pages+1 && l.Size == s.size { // a page that is too old is read again, and what follows it
		s.pages = l.Page
	}
}

// begin forgets on which pages numbers were found, unless the pages are of this size: what was read of them stays. The
// caller has mu, where somebody else may.
func (s *Readings) begin(size int) {
	if s.size != size {
		s.size, s.pages = size, 0
		for number, read := range s.at {
			read.page = 0
			s.at[number] = read
		}
	}
}

// found notes the page of a number that was read before: it is listed on the one that is read now. It returns what was
// read of it; nil: nothing.
func (s *Readings) found(number string) *settings.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, read := s.at[number]
	if read && l.page == 0 {
		l.page = int32(s.pages + 1) //nolint:gosec // as in place
		s.at[number] = l
	}
	return l.state
}

// A reading is kept at the latest with so many others, or after so long: what a
// crash loses of them is read again.
const (
	keptReadings = 2048
	keptFor      = time.Second
)

// Add takes in what was read, and keeps it. The end of a page is kept at once.
func (s *Readings) Add(l store.Reading) error {
	l.Phase = s.phase
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index(l)
	if s.record == nil {
		return nil
	}
	if len(s.kept) == 0 {
		s.since = time.Now()
	}
	s.kept = append(s.kept, l)
	if len(s.kept) < keptReadings && l.Page == 0 && time.Since(s.since) < keptFor {
		return nil
	}
	return s.keep()
}

// keep commits what is not in the store yet: the caller has mu.
func (s *Readings) keep() error {
	if s.record == nil || len(s.kept) == 0 {
		return nil
	}
	readings := store.Readings{Readings: s.kept}
	s.kept = make([]store.Reading, 0, len(s.kept)) // as many will follow
	return s.record(&readings)
}

// Close keeps the rest.
func (s *Readings) Close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keep()
}

// Get returns what was read of a number last.
func (s *Readings) Get(number string) (l store.Reading, known bool) {
	if s == nil {
		return l, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.at[number]
	if !known {
		return l, false
	}
	return s.of(number, last), true
}

// Each gives the newest readings of numbers that were told.
func (s *Readings) Each(visit func(number string, is settings.State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, number := range slices.Sorted(maps.Keys(s.at)) {
		if is := s.at[number].state; is != nil {
			visit(number, *is)
		}
	}
}

// Load takes the settings from a file that was exported at a time. A row that cannot be
// read tells nothing of its number.
func (s *Readings) Load(ctx context.Context, path string, at time.Time) (plan.Reading, error) {
	file, err := input.Check(ctx, path, input.Options{AllowClear: true, AsTold: true, State: true}, func(input.Problem) {})
	if err != nil {
		return plan.Reading{}, fmt.Errorf("current settings: %w", err)
	}
	told := plan.Reading{Way: plan.ReadFile}
	for row, err := range file.Rows(ctx) {
		if err != nil {
			return told, fmt.Errorf("current settings: %w", err)
		}
		told.Numbers++
		if row.Status == input.Invalid {
			if told.Trouble == "" {
				told.Trouble = fmt.Sprintf("line %d of the file of current settings tells nothing: %s", row.Line, row.Error)
			}
			continue
		}
		state := settings.StateFrom(row.Settings)
		if err := s.Add(store.Reading{At: at, Number: row.Number, State: &state}); err != nil {
			return told, err
		}
		told.Found++
	}
	return told, nil
}

// PageOf is the page of the inventory on which a number was found; 0: on none, or
// nothing was read, which is a nil s.
func (s *Readings) PageOf(number string) int {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	page := int(s.at[number].page)
	if page > s.pages { // by itself, after the pages
		return 0
	}
	return page
}

// Pages is how many pages of the inventory were read, from the first on.
func (s *Readings) Pages() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pages
}

// Before are the settings that numbers had when a run's plan was made, of those that
// are wanted.
func Before(ctx context.Context, of store.Store, run store.RunID, wanted func(number string) bool) (*Readings, error) {
	s := NewReadings(store.ForPlan, nil)
	for l, err := range of.Readings(ctx, run, wanted) {
		if err != nil {
			return nil, err
		}
		if l.Phase == store.ForPlan && l.Number != "" {
			s.at[l.Number] = place(l, 0)
		}
	}
	return s, nil
}

// Merge takes in what other readings have of numbers; nobody adds to them meanwhile.
func (s *Readings) Merge(other *Readings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.at, other.at)
}
