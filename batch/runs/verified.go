package runs

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Verified is what a row's number was found to be. Of several readings of one row
// the last counts.
type Verified struct {
	At     time.Time           `json:"at"`
	Line   int                 `json:"line"`
	Number string              `json:"number"`
	Status result.VerifyStatus `json:"status"`
	// Drift is what differs: Old is what was asked for, New what the number has.
	Drift []settings.Change `json:"drift,omitempty"`
	// NotShown are the fields of what was sent that the API does not show.
	NotShown []string `json:"notShown,omitempty"`
	// Error is why it is [result.Unreadable] or [result.NotShown].
	Error string `json:"error,omitempty"`
	// Wave is the wave after which it was read; 0: not after a wave.
	Wave int `json:"wave,omitempty"`
}

// VerifyRow compares what was read of a number with what its row asked for.
func VerifyRow(p plan.Row, read store.Reading) Verified {
	v := Verified{At: read.At, Line: p.Line, Number: p.Number, Status: result.InSync}
	if read.State == nil {
		v.Status, v.Error = result.Unreadable, read.Error
		return v
	}
	want := settings.FromChanges(p.Changes)
	v.NotShown = read.State.Untold(want)
	for _, d := range settings.Drift(want, *read.State) {
		v.Drift = append(v.Drift, settings.Change{Field: d.Field, Old: d.New, New: d.Old})
	}
	switch {
	case len(v.Drift) > 0:
		v.Status = result.Drifted
	case len(v.NotShown) == want.Len():
		v.Status, v.Error = result.NotShown, "the API does not show what was sent"
	}
	return v
}

// Proves reports whether the number shows all that was sent, as it was asked for.
func (v Verified) Proves() bool { return v.Status == result.InSync && len(v.NotShown) == 0 }

// record is it for the store.
func (v Verified) record() (*store.Verified, error) {
	doc, err := json.Marshal(v)
	return &store.Verified{Line: v.Line, Number: v.Number, Status: string(v.Status), Doc: doc}, err
}

// verifiedAtOnce is how many findings are committed together.
const verifiedAtOnce = 500

// VerifiedWriter writes findings into the store.
type VerifiedWriter struct {
	Record func(...store.Record) error
	found  []store.Record
}

// Add takes a finding.
func (w *VerifiedWriter) Add(v Verified) error {
	record, err := v.record()
	if err != nil {
		return err
	}
	if w.found = append(w.found, record); len(w.found) < verifiedAtOnce {
		return nil
	}
	return w.Flush()
}

// Flush commits what was added since the last time.
func (w *VerifiedWriter) Flush() error {
	if len(w.found) == 0 {
		return nil
	}
	found := w.found
	w.found = nil
	return w.Record(found...)
}

// VerifiedRow is a row of a run with what its number was found to be.
type VerifiedRow struct {
	// Row counts the records of the input from 1.
	Row int `json:"row"`
	// Result is what the run says of the row.
	Result result.Status `json:"result"`
	Verified
}

// Verified gives the rows of a run whose numbers were read after they were
// sent, in the input's order, each with what its number was found to be last.
func (r *Run) Verified(ctx context.Context) iter.Seq2[VerifiedRow, error] {
	return func(yield func(VerifiedRow, error) bool) {
		last, err := r.LastVerified()
		if err != nil {
			yield(VerifiedRow{}, err)
			return
		}
		for outcome, err := range r.Results(ctx) {
			v, known := last[outcome.Line]
			if (known || err != nil) && !yield(VerifiedRow{outcome.Row, outcome.Status, v}, err) || err != nil {
				return
			}
		}
	}
}

// LastVerified returns what the numbers of rows were found to be last, by line.
func (r *Run) LastVerified() (map[int]Verified, error) {
	last := map[int]Verified{}
	if r.Lost() {
		return last, nil
	}
	for v, err := range r.In.Store.Verified(context.Background(), r.Stored.ID) {
		if err != nil {
			return nil, err
		}
		var found Verified
		if err := json.Unmarshal(v.Doc, &found); err != nil {
			return nil, err
		}
		last[v.Line] = found
	}
	return last, nil
}
