package send

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// echoesRefuted is after how many old echoes, of which a reading showed that the update had
// taken effect, they are believed to mean nothing.
const echoesRefuted = 3

// echoes counts the old echoes that a reading refuted.
type echoes struct{ refuted atomic.Int32 }

// oldEcho says which setting an answer shows as it was known to be before, though another
// value was sent; "": none.
func oldEcho(p plan.Row, said settings.State) string {
	for _, c := range p.Changes {
		if c.WriteOnly || c.Old == "" {
			continue
		}
		field, _ := settings.Lookup(c.Field)
		value, told := said.Get(c.Field)
		if told && field.Same(value, c.Old) && !field.Same(value, c.New) {
			return fmt.Sprintf("the answer has %s %q, as it was", c.Field, value)
		}
	}
	return ""
}

// otherEcho is a note of the settings that an answer shows otherwise than they were asked for,
// as the API's own example does; "": of none.
func otherEcho(api *client.Reader, want settings.Settings, said settings.State) string {
	var found []string
	for _, c := range settings.Drift(want, said) {
		found = append(found, fmt.Sprintf("%s: asked for %q, the answer says %q", c.Field, c.New, api.Mask(c.Old)))
	}
	if len(found) == 0 {
		return ""
	}
	return "note: " + strings.Join(found, "; ")
}

// prove reads the number of a row that was answered as complete with a setting as it was:
// the row is updated if all is as asked, and unknown if not, or not to be seen. An error is
// a [result.Stop] of the reading.
func (s *Sender) prove(ctx context.Context, p plan.Row, want settings.Settings, said settings.State, r result.Result) (result.Result, error) {
	old := oldEcho(p, said)
	if r.Status != result.Updated || old == "" || s.echoes.refuted.Load() >= echoesRefuted {
		return r, nil
	}
	sure := r
	r.Status, r.Error = result.Unknown, old
	if s.TokenOnly {
		return r, nil
	}
	s.Reader.Own.Note(p.Number, want, r.StartedAt, true) // so that a reading which lags is made again
	read := current.NewReadings(store.ForSending, nil)
	reader := s.Reader
	reader.Way, reader.First = plan.ReadEach, nil
	if _, err := reader.Read(ctx, read, map[string]struct{}{p.Number: {}}); err != nil {
		stop, _ := result.StopIn(err)
		r.Error += ", and its number could not be read: " + result.OneLine(err)
		if !stop.Early() {
			return r, nil
		}
		return r, stop
	}
	is, _ := read.Get(p.Number)
	v := runs.VerifyRow(p, is)
	switch v.Status {
	case result.InSync:
		s.echoes.refuted.Add(1)
		sure.Error = noted("note: "+old+", and its number was read and is as asked", p.Error)
		return sure, nil
	case result.Drifted:
		r.Error += ", and its number was read: " + v.Drift[0].Move()
	default:
		r.Error += ", and its number cannot be read: " + v.Error
	}
	return r, nil
}
