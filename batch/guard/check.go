// Package guard has the limits of a plan. What a [Check] has measured is shown to
// whoever is to agree, or enforced as a [RefusedError].
package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// Check is what a guard has measured of a plan: to be shown to someone who is to
// agree to it, or to be enforced.
type Check struct {
	Guard Guard `json:"guard,omitempty"`
	// Measured is what was found, Most what is allowed; "": none.
	Measured string `json:"measured"`
	Most     string `json:"limit,omitempty"`
	// Holds tells that the guard lets the plan through.
	Holds bool `json:"holds"`
	// AtNight is a guard of runs that nobody is asked about: of others it refuses
	// nothing.
	AtNight bool `json:"atNight,omitempty"`
	// Allow is the value of the guard that would; optional.
	Allow string `json:"allow,omitempty"`
	// Applied is the folder of a plan that was applied already; "": it was not.
	Applied string `json:"-"`
	// Each says what is refused one by one; none: Measured says it.
	Each []string `json:"each,omitempty"`
}

// Limit says what is allowed.
func (c Check) Limit() string {
	switch {
	case c.Most != "":
		return "at most " + c.Most
	case c.Holds: // it is a matter of yes or no
		return "–"
	default:
		return "none"
	}
}

// refusals are what is refused, if the guard does not hold.
func (c Check) refusals() []Refusal {
	switch {
	case c.Holds:
		return nil
	case c.Most != "":
		return []Refusal{{Measured: c.Measured, Most: c.Most, Guard: c.Guard, Allow: c.Allow}}
	case len(c.Each) == 0:
		return []Refusal{{Measured: c.Measured, Guard: c.Guard, Allow: c.Allow, Applied: c.Applied}}
	}
	var refused []Refusal
	for _, what := range c.Each {
		refused = append(refused, Refusal{Measured: what, Guard: c.Guard, Allow: c.Allow})
	}
	return refused
}

// Refusal is a guard that does not hold.
type Refusal struct {
	// Measured is what was found, Most what is allowed of it, in the unit that it names; "": it is a matter of yes or no.
	Measured, Most string
	// Guard refuses, and Allow is the value of it that lets the run through; "": it
	// has none.
	Guard Guard
	Allow string
	// Applied is the folder of a plan that was applied already; "": it was not. Plan is the name of one that was not: it can be.
	Applied, Plan string
}

// What says what was found, and the limit.
func (r Refusal) What() string {
	if r.Most == "" {
		return r.Measured
	}
	return r.Measured + ", more than " + r.Most
}

// RefusedError is a run that a guard refused: nothing was sent, or nothing more if SentBefore.
type RefusedError struct {
	Refusals   []Refusal
	SentBefore bool // an earlier execution of the run began to send
}

// SentBefore notes in an error that a guard refused whether the run began to be sent before.
func SentBefore(err error, sent bool) {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		refused.SentBefore = sent
	}
}

// Refuse is the error of what nobody can allow.
func Refuse(what string) *RefusedError { return &RefusedError{Refusals: []Refusal{{Measured: what}}} }

// Error names every guard that does not hold, a line each.
func (e *RefusedError) Error() string {
	lines := make([]string, len(e.Refusals))
	for i, r := range e.Refusals {
		lines[i] = r.What()
	}
	return strings.Join(lines, "\n")
}

// Refusals are what guards refuse: always, or only where nobody is asked.
func Refusals(checks []Check, atNight bool) []Refusal {
	var refused []Refusal
	for _, c := range checks {
		if c.AtNight == atNight {
			refused = append(refused, c.refusals()...)
		}
	}
	return refused
}

// Enforce refuses a plan for which a guard does not hold.
func Enforce(checks []Check) error {
	refused := Refusals(checks, false)
	if len(refused) == 0 {
		return nil
	}
	return &RefusedError{Refusals: refused}
}

// Facts are what guards look at besides the plan.
type Facts struct {
	// At is when they look.
	At time.Time
	// All is a run that reads nothing, Rollback one that rolls another back: what
	// it changes was asked for as such, and its input does not come again and again.
	All, Rollback bool
	// Previous is the plan of the job's previous run, PreviousRun its name, and
	// PreviousInput the hash of its input; nil: there is none.
	Previous                   *plan.Plan
	PreviousRun, PreviousInput string
	// Cutover is the job's newest run, if it is a cutover that did not come to its end
	// and was not rolled back; "": it is none.
	Cutover string
	// Changing gives the rows that would be sent.
	Changing iter.Seq2[plan.Row, error]
}

// Measure measures a plan of which nothing was sent yet.
func Measure(g Limits, p *plan.Plan, f Facts) ([]Check, error) {
	numbers, err := measureNumbers(g, f)
	return slices.Concat(measureChanges(g, p, f), measureInput(g, p, f), measureFirstWave(g, p), measureCutover(g, f), numbers), err
}

// MeasureRest measures what is left of a plan that began to be sent: its input was
// let pass, and is judged by those guards only that are given now.
func MeasureRest(g Limits, p *plan.Plan, f Facts) ([]Check, error) {
	numbers, err := measureNumbers(g, f)
	ofInput := slices.DeleteFunc(measureInput(g, p, f), func(c Check) bool { return !g.given(c.Guard) })
	return slices.Concat(measureChanges(g, p, f), ofInput, numbers), err
}

// Approval is a plan that was approved: the changes of another one must be among
// its own.
type Approval struct {
	// Run is its name.
	Run    string
	MadeAt time.Time
	// MaxAge is how long ago it may have been made; 0: any time.
	MaxAge time.Duration
	// Digests are those of all that it would change.
	Digests map[plan.Digest]struct{}
}

// shownRefusals is how many unapproved changes are named.
const shownRefusals = 10

// Measure compares the rows that would be sent with the approved plan.
func (a Approval) Measure(f Facts) ([]Check, error) {
	checks := MeasureAge(MaxPlanAge, "the plan of "+a.Run, a.MadeAt, cmp.Or(a.MaxAge, math.MaxInt64))
	var check Check
	more := 0
	for p, err := range f.Changing {
		if err != nil {
			return nil, err
		}
		for _, c := range p.SentChanges() {
			if _, ok := a.Digests[plan.DigestOf(p.Number, c)]; ok {
				continue
			}
			if more++; more <= shownRefusals {
				check.Each = append(check.Each, fmt.Sprintf("%s: %s %s was not approved in %s", result.Place(p.Line, p.Row), p.Number, c, a.Run))
			}
		}
	}
	if more > shownRefusals {
		check.Each = append(check.Each, fmt.Sprintf("and %d more changes that were not approved", more-shownRefusals))
	}
	check.Holds = more == 0
	return append(checks, check), nil
}

// MeasureAge measures how long ago something was made, such as a plan, or is said
// to have been: clocks may be wrong.
func MeasureAge(g Guard, what string, at time.Time, most time.Duration) []Check {
	age := time.Since(at)
	if plan.InFuture(at, time.Now()) {
		return []Check{{Measured: fmt.Sprintf(
			"%s was made %s from now, by this clock: see which clock is wrong, and make it anew", what, plan.Age(-age))}}
	}
	return []Check{{
		Guard: g, Measured: fmt.Sprintf("%s was made %s ago", what, plan.Age(age)),
		Most: plan.Duration(most), Holds: age <= most, Allow: hoursAbove(age),
	}}
}

// hoursAbove is what would have to be allowed for an age to pass.
func hoursAbove(age time.Duration) string { return fmt.Sprintf("%dh", int(age.Hours())+1) }

// MeasureAccount compares the account with the one that is meant. Its id, which only
// the inventory tells, may take a request.
func MeasureAccount(ctx context.Context, g Limits, account store.Account, key string, api *client.Reader) ([]Check, error) {
	want := g.ExpectAccount
	if want == "" || want == key || want == account.Name {
		return nil, nil
	}
	page, err := api.FirstPage(ctx)
	if err != nil {
		return nil, fmt.Errorf("the account that is expected: %w", err)
	}
	return []Check{{
		Guard: ExpectAccount, Measured: fmt.Sprintf("the account is %s (%s), not %s", key, page.AccountId, want),
		Holds: page.AccountId == want, Allow: key,
	}}, nil
}
