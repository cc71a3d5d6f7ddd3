package protect

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// unprotection is who told that other jobs may take a cutover back.
type unprotection struct {
	// Run is the one that was told to unprotect it, User, Ticket and Operator who told so.
	Run      string `json:"run"`
	User     string `json:"user,omitempty"`
	Ticket   string `json:"ticket,omitempty"`
	Operator string `json:"operator,omitempty"`
}

// Unprotect is what records that other jobs may take cutovers back, as a user told a run at a moment, on somebody's behalf. A
// cutover that was removed meanwhile protects nothing any more.
func Unprotect(ctx context.Context, run *runs.Run, cutovers []string, user string, by runs.Behalf, at time.Time) ([]store.Record, error) {
	var records []store.Record
	for _, name := range cutovers {
		cutover, err := run.In.Store.Run(ctx, name)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		doc, err := json.Marshal(unprotection{Run: run.Identity.Name, User: user, Ticket: by.Ticket, Operator: by.Operator})
		if err != nil {
			return nil, err
		}
		records = append(records, &store.Unprotected{Cutover: cutover.ID, At: at, Doc: doc})
	}
	return records, nil
}
