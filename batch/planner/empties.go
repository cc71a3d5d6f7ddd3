package planner

import (
	"context"
	"sync"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
)

// Empties are the fields that rows of a run clear, or that have to be empty for a row to be sent. They are looked for in
// its input once, when they are asked for. They are safe for concurrent use.
type Empties struct {
	Run *runs.Run

	looking sync.Mutex
	of      map[string]settings.Settings // by number; nil: not looked for yet
}

// Fields are those, by number.
func (e *Empties) Fields(ctx context.Context) (map[string]settings.Settings, error) {
	e.looking.Lock()
	defer e.looking.Unlock()
	if e.of != nil {
		return e.of, nil
	}
	of := map[string]settings.Settings{}
	file, err := e.Run.Input(ctx)
	if err != nil {
		return nil, err
	}
	if !file.Empties() {
		e.of = of
		return of, nil
	}
	for row, err := range file.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		if empty := e.Run.Identity.Allowed(row.Settings).Empty().And(row.If.Empty()); row.Status == input.Valid && !empty.IsZero() {
			of[row.Number] = empty
		}
	}
	e.of = of
	return of, nil
}
