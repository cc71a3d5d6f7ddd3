package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/batch/settings"
)

// stateLine is a line of state.jsonl: a number's current settings as they were
// read, or that a page of the inventory was read.
type stateLine struct {
	At     time.Time `json:"at"`
	Number string    `json:"number,omitempty"`
	// State is nil when the API does not tell the number; Error is its reason.
	State *settings.State `json:"state,omitempty"`
	Error string          `json:"error,omitempty"`
	// Page is the page of the inventory that was read to its end.
	Page int `json:"page,omitempty"`
}

// states are the current settings of the input's numbers. They are on the disk;
// in memory is only where. It is safe for concurrent use.
type states struct {
	table *rundir.Table

	mu    sync.Mutex
	at    map[string]int64 // by number, where its newest line begins
	pages int              // pages of the inventory that were read
	ends  []int64          // of each page, where the line begins that says it was read
}

// openStates opens state.jsonl with those of the readings so far that count.
func openStates(dir *rundir.Dir, counts func(stateLine) bool) (*states, error) {
	s := &states{at: map[string]int64{}}
	var err error
	s.table, err = dir.OpenTable(rundir.StateFile, func(offset int64, line []byte) error {
		var l stateLine
		if !l.glance(line) {
			if err := json.Unmarshal(line, &l); err != nil {
				return err
			}
		}
		if counts(l) {
			s.index(l, offset)
		}
		return nil
	})
	return s, err
}

// every counts every reading.
func every(stateLine) bool { return true }

// none counts no reading so far.
func none(stateLine) bool { return false }

// anew returns states in the same file that count no reading so far.
func (s *states) anew() *states { return &states{table: s.table, at: map[string]int64{}} }

// index remembers where a line is.
func (s *states) index(l stateLine, offset int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.Number != "" {
		s.at[l.Number] = offset
	}
	if l.Page > 0 {
		s.pages, s.ends = max(s.pages, l.Page), append(s.ends, offset)
	}
}

// add keeps what was read.
func (s *states) add(l stateLine) error {
	offset, err := s.table.Append(l)
	if err != nil {
		return stopFor(StoppedByDisk, err)
	}
	s.index(l, offset)
	return nil
}

// has reports whether a number has been read.
func (s *states) has(number string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.at[number]
	return ok
}

// get returns what was read of a number last.
func (s *states) get(number string) (l stateLine, known bool, err error) {
	s.mu.Lock()
	offset, known := s.at[number]
	s.mu.Unlock()
	if !known {
		return l, false, nil
	}
	err = s.table.At(offset, &l)
	return l, true, err
}

// load takes the settings from a file that was exported at a time.
func (s *states) load(ctx context.Context, path string, at time.Time) (Reading, error) {
	file, err := input.Check(ctx, path, input.Options{AllowClear: true}, func(input.Problem) {})
	if err != nil {
		return Reading{}, fmt.Errorf("--state: %w", err)
	}
	told := Reading{Way: ReadFile}
	for row, err := range file.Rows(ctx) {
		if err != nil {
			return told, fmt.Errorf("--state: %w", err)
		}
		if row.Number == "" {
			continue
		}
		state := settings.StateFrom(row.Settings)
		if err := s.add(stateLine{At: at, Number: row.Number, State: &state}); err != nil {
			return told, err
		}
		told.Numbers++
	}
	told.Found = told.Numbers
	return told, nil
}

// close closes the file.
func (s *states) close() error { return s.table.Close() }
