package model

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/bulknum/bulknum/batch/result"
)

// The model: what each number was, by whom, and what each run asked, read, sent and
// was answered. It knows nothing of how the program does its work.

// fields are those that the files set.
var fields = [fieldCount]string{"MessageRouteId", "AssignedSubscriberId", "MessageEnabled", "Iccid"}

const (
	route = iota
	subscriber
	enabled
	sim
	fieldCount
)

// values are those of a number, by field.
type values [fieldCount]string

// value is how the n-th value of a field is written. The last one of a subscriber, which only the foreign hand sets,
// cannot be asked for by a file.
func value(field, n int) string {
	switch {
	case n == cleared:
		return ""
	case field == enabled:
		return strconv.FormatBool(n == on)
	case field == subscriber && n == 4:
		return "TSUID-\u200b4"
	}
	return fmt.Sprintf([]string{route: "MRID-%d", subscriber: "TSUID-%d", sim: "890124039710000%04dF"}[field], n)
}

// first is which value of a field a number has at the beginning.
func first(field, number int) int {
	if field == sim {
		return number + 1
	}
	return 1
}

func number(n int) string { return fmt.Sprintf("+1801555%04d", n) }

// moment is a value that a field got. by is the run that gave it; nil: the foreign
// hand, or the beginning.
type moment struct {
	at    time.Time
	value string
	by    *run
	q     *request
}

// forgotten tells that no store knows of it any more.
func (m moment) forgotten() bool { return m.q != nil && m.q.forgotten }

// past is everything that a field of a number has been, the newest last.
type past []moment

func (p past) now() moment { return p[len(p)-1] }

// since gives the values that it had from a time on, with that of the time itself.
func (p past) since(from time.Time) []string {
	var values []string
	for i, m := range p {
		if i+1 == len(p) || !p[i+1].at.Before(from) {
			values = append(values, m.value)
		}
	}
	return values
}

// had reports whether it had a value at some time from then on.
func (p past) had(value string, from time.Time) bool { return slices.Contains(p.since(from), value) }

// kind is what a run is for.
type kind string

const (
	applied kind = "apply"
	planned kind = "plan"
	back    kind = "rollback"
)

// run is what the model knows of a run.
type run struct {
	name  string
	kind  kind
	file  *File
	began time.Time
	// of is the run that a rollback rolls back.
	of *run
	// all reads nothing; waves make it a cutover, unprotected lets that go.
	all, waves, unprotected bool
	// only are the fields that it may write; none: all.
	only []string
	// retried tells that rows which failed were sent once more by a resumption.
	retried bool
	// named are the numbers that a rollback is for, as it was told; 0: all.
	named int
	// lenient lets waves pass in which some row is not in sync, in some execution.
	lenient bool
	// plannedAt is when its plan was made, as it says; zero: not yet. agreedAt is when
	// somebody began to carry that out with apply --plan.
	plannedAt, agreedAt time.Time
	// guards are those that it began with, which hold in all its executions.
	guards Told
	// unprotect are the cutovers that it lets go, in each of its executions.
	unprotect []string
	// sends tells that it was let to send.
	sends    bool
	readings map[int][]reading
	requests []*request
	// status is what it says last of each number, open whether there is something
	// left of it. gone tells that it was pruned, archived is what its archive has; nil:
	// there is none.
	status map[int]result.Status
	open   bool
	// handed are what its plan does with the SIMs of numbers.
	handed map[string]handed
	// unfinished tells that it did not come to its end.
	unfinished bool
	gone       bool
	archived   *archived
}

// reading is what a run read of a number.
type reading struct {
	at     time.Time
	values values
}

// request is an update that has reached the API.
type request struct {
	by     *operation
	number int
	set    map[string]string
	at     time.Time
	fate   Fate
	// along tells that its route is none that was asked for: it goes along.
	along bool
	// denied tells that the API refused it by what its numbers have.
	denied bool
	// wave is the one in which it was sent; 0: there are none.
	wave int
	// applied is when it took effect, zero: never, or not yet; flying tells that it
	// still may.
	applied time.Time
	flying  bool
	// answered is when the answer that it is complete was given to the client.
	answered time.Time
	// order is the id of its order, and completed when that was told to be complete, which was not when it was placed.
	order     string
	completed time.Time
	// forgotten tells that a copy of the store from before it was put back.
	forgotten bool
}

// row is what the run's file asks of a number.
func (r *run) row(number int) (Row, bool) {
	if r.file != nil {
		for _, row := range r.file.Rows {
			if row.Number == number {
				return row.within(r.only), true
			}
		}
	}
	return Row{}, false
}

// asks are the values that a row asks for, by field.
func (r Row) asks() map[string]string {
	asked := map[string]string{}
	for field, n := range cellsOf(&r) {
		if *n != 0 {
			asked[fields[field]] = value(field, *n)
		}
	}
	return asked
}

// cellsOf are a row's values by field.
func cellsOf(r *Row) [fieldCount]*int {
	return [...]*int{route: &r.Route, subscriber: &r.Subscriber, enabled: &r.Enabled, sim: &r.SIM}
}

// within is the row as far as it asks for these fields; none: for all.
func (r Row) within(only []string) Row {
	for field, n := range cellsOf(&r) {
		if len(only) > 0 && !slices.Contains(only, fields[field]) {
			*n = 0
		}
	}
	return r
}

// decided is since when it is what it is: what newer runs do counts from then on.
func (r *run) decided() time.Time {
	if r.agreedAt.After(r.plannedAt) {
		return r.agreedAt
	}
	return r.plannedAt
}

// sent are the run's requests for a number, as far as they are not forgotten.
func (r *run) sent(number int) []*request {
	var sent []*request
	for _, q := range r.requests {
		if q.number == number && !q.forgotten {
			sent = append(sent, q)
		}
	}
	return sent
}

// wrote is the value that the run asked the API for last, of a field of a number.
func (r *run) wrote(number, field int) (string, bool) {
	for _, q := range slices.Backward(r.sent(number)) {
		if v, ok := q.set[fields[field]]; ok && !(field == route && q.along) {
			return v, true
		}
	}
	return "", false
}

// mayHaveWritten is [run.wrote], or what the run says that it may have sent, and
// perhaps found in sync: what was lost on the way to the API the model has not seen.
func (r *run) mayHaveWritten(number, field int) (string, bool) {
	if v, ok := r.wrote(number, field); ok {
		return v, true
	}
	row, _ := r.row(number)
	v, asked := row.asks()[fields[field]]
	return v, asked && r.mayHaveSent(number)
}

// mayHaveSent reports whether the run says that it may have sent a number.
func (r *run) mayHaveSent(number int) bool {
	return r.status[number] == result.Unknown || r.status[number] == result.Updated
}

// mayHaveChanged reports whether some request for the number was applied, or may be.
func (r *run) mayHaveChanged(number int) bool {
	return slices.ContainsFunc(r.sent(number), func(q *request) bool { return q.flying || !q.applied.IsZero() })
}

// doubt reports whether the run has a request of which nothing trustworthy is known.
func (r *run) doubt() bool {
	for _, q := range r.requests {
		if status := r.status[q.number]; status == result.Unknown || status == "" {
			return true
		}
	}
	return false
}

// recheck is how old a reading may be when an operation sends the row, or tells that it is unchanged, by what was told.
func (r *run) recheck(o *operation, row Row, sent bool) time.Duration {
	switch {
	case o.told.Recheck > 0:
		return time.Duration(o.told.Recheck)
	case row.IfRoute > 0, r.waves, r.kind == back, sent && o.action == ApplyPlan:
		return 10 * time.Minute
	default:
		return 12 * time.Hour
	}
}

// lastReading is the newest reading of a number, if there is one.
func (r *run) lastReading(number int) (reading, bool) {
	all := r.readings[number]
	if len(all) == 0 {
		return reading{}, false
	}
	return all[len(all)-1], true
}
