package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// Guard is what refuses a run, or a part of it, by the name under which it is set; "":
// nobody can allow it.
type Guard string

// The guards.
const (
	// MaxChanges limits how many rows change, MaxInvalid how many are left out as
	// invalid, MaxInputAge how old the input may be, MaxShrink how many rows fewer
	// than before it may have; and LostColumns wants the same fields to be set.
	MaxChanges  Guard = "max-changes"
	MaxInvalid  Guard = "max-invalid"
	MaxInputAge Guard = "max-input-age"
	MaxShrink   Guard = "max-shrink"
	LostColumns Guard = "allow-lost-columns"
	// StartNew keeps a new run away from the job's unfinished cutover.
	StartNew Guard = "start-new"
	// PartialFirstWave wants the first wave to have a row of every shape.
	PartialFirstWave Guard = "allow-partial-first-wave"
	// Protect keeps numbers from being changed, ExpectAccount the plan to an
	// account, and RoutesRead wants to know that routes work.
	Protect       Guard = "protect"
	ExpectAccount Guard = "expect-account"
	RoutesRead    Guard = "check-routes"
	// SubscribersRead wants to know that subscribers exist.
	SubscribersRead Guard = "check-subscribers"
	// MaxPlanAge limits how old a plan may be, MaxStateAge settings that were
	// exported.
	MaxPlanAge  Guard = "max-plan-age"
	MaxStateAge Guard = "max-age"
	// FreeSpace is what the disk must have, and Fit the time before the deadline.
	FreeSpace Guard = "ignore-free-space"
	Fit       Guard = "require-fit"
	// AfterLater keeps a run that was rolled back from being resumed, and Clear
	// fields from being cleared.
	AfterLater Guard = "after-later"
	Clear      Guard = "allow-clear"
	// SharedICCID keeps a SIM from being on two numbers, also for the time between two updates.
	SharedICCID Guard = "allow-shared-iccid"
	// Gate, ConfirmWaves and ReserveRollback want to be spoken of again when a run is
	// resumed that was to hold or stop for them.
	Gate            Guard = "gate"
	ConfirmWaves    Guard = "confirm-waves"
	ReserveRollback Guard = "reserve-rollback"
)

// Limits are what must hold of a plan before anything is sent.
type Limits struct {
	// MaxChanges are limits of rows that change, all of them or one field.
	MaxChanges []FieldLimit `json:"maxChanges,omitempty"`
	// Unattended is a run that nobody is asked about: without MaxChanges, and
	// with some rows, it may not change more than a share of them. A run that
	// reads nothing does not know what changes, and was asked for as such.
	Unattended bool `json:"unattended,omitempty"`
	// Protect are numbers that must never change.
	Protect map[string]struct{} `json:"protect,omitempty"`
	// ExpectAccount is the account that is meant, by its key or its id;
	// optional.
	ExpectAccount string `json:"expectAccount,omitempty"`
	// MaxShrink is by how much the input may be shorter than that of the job's
	// previous run, and AllowLostColumns lets it set fewer fields.
	MaxShrink        plan.Limit `json:"maxShrink"`
	AllowLostColumns bool       `json:"allowLostColumns,omitempty"`
	// StartNew lets a run begin although the job's cutover is unfinished.
	StartNew bool `json:"startNew,omitempty"`
	// AllowPartialFirstWave lets the first wave lack shapes, as where somebody is there
	// who sees which.
	AllowPartialFirstWave bool `json:"allowPartialFirstWave,omitempty"`
	// InputAt is when the input was written, MaxInputAge how old it may be;
	// optional.
	InputAt     time.Time     `json:"inputAt,omitzero"`
	MaxInputAge time.Duration `json:"maxInputAge,omitempty"`
	// MaxInvalid is how many rows may be left out as invalid.
	MaxInvalid plan.Limit `json:"maxInvalid"`
	// Given are the guards on the input that were given, and are no defaults. Of a run
	// that goes on they are those that are given now.
	Given []Guard `json:"-"`
}

// given reports whether a guard on the input was given.
func (g Limits) given(name Guard) bool { return slices.Contains(g.Given, name) }

// FieldLimit is a limit of the rows that change a field; of any field when it
// has no name.
type FieldLimit struct {
	Field string     `json:"field,omitempty"`
	Limit plan.Limit `json:"limit"`
	// fixed tells that the run began with it: a value that is given now cannot loosen
	// it.
	fixed bool
}

// ParseFieldLimit reads "50" or "10%" for all fields, and "MessageRouteId=50"
// for one.
func ParseFieldLimit(text string) (l FieldLimit, err error) {
	limit := text
	if name, value, ok := strings.Cut(text, "="); ok {
		if l.Field, err = settings.ParseField(name); err != nil {
			return l, err
		}
		limit = value
	}
	l.Limit, err = plan.ParseLimit(limit)
	return l, err
}

// And returns the guards of a run that goes on: those it began with, and those
// that are given now. Of guards on the plan none is loosened, so that the stricter
// counts. Guards on the input are those that are given now: it was judged by the others
// when the plan was made. Whether somebody is asked counts as long as nobody was.
func (g Limits) And(now Limits, asked bool) Limits {
	began := slices.Clone(g.MaxChanges)
	for i := range began {
		began[i].fixed = true
	}
	g.MaxChanges = slices.Concat(began, now.MaxChanges)
	g.Given = now.Given
	if now.given(MaxShrink) {
		g.MaxShrink = now.MaxShrink
	}
	if now.given(MaxInvalid) {
		g.MaxInvalid = now.MaxInvalid
	}
	if now.given(MaxInputAge) {
		g.MaxInputAge = now.MaxInputAge
	}
	g.AllowLostColumns = g.AllowLostColumns || now.AllowLostColumns
	g.StartNew = g.StartNew || now.StartNew
	g.AllowPartialFirstWave = now.AllowPartialFirstWave
	g.Unattended = g.Unattended || now.Unattended && !asked
	protect := maps.Clone(g.Protect)
	if protect == nil {
		protect = map[string]struct{}{}
	}
	maps.Copy(protect, now.Protect)
	g.Protect = protect
	if now.ExpectAccount != "" {
		g.ExpectAccount = now.ExpectAccount
	}
	return g
}

// UnattendedRows is how many rows a run must have, about which nobody is asked, for
// [UnattendedLimit] to hold.
const UnattendedRows = 100

// UnattendedLimit is the share of its rows that such a run may change unless it is
// told otherwise.
func UnattendedLimit() plan.Limit { return plan.Limit{Share: 0.3} }

// changeLimits are the limits of rows that change in a plan: those that were
// given, and that of a run that nobody is asked about, unless it was asked for as
// such.
func (g Limits) changeLimits(p *plan.Plan, asSuch bool) []FieldLimit {
	general := slices.ContainsFunc(g.MaxChanges, func(l FieldLimit) bool { return l.Field == "" })
	if !g.Unattended || asSuch || general || p.Rows < UnattendedRows {
		return g.MaxChanges
	}
	return append(slices.Clip(g.MaxChanges), FieldLimit{Limit: UnattendedLimit()})
}

// measureChanges measures how many rows change.
func measureChanges(g Limits, p *plan.Plan, f Facts) []Check {
	var checks []Check
	for _, l := range g.changeLimits(p, f.All || f.Rollback) {
		checks = append(checks, l.measure(p))
	}
	return checks
}

// measure measures how many rows of a plan change.
func (l FieldLimit) measure(p *plan.Plan) Check {
	n, what, allow := p.Updates(), "would change", ""
	if l.Field != "" {
		n, what, allow = p.Fields[l.Field], "would change "+l.Field, l.Field+"="
	}
	check := Check{
		Guard:    MaxChanges,
		Measured: fmt.Sprintf("%d of %s %s", n, distinct(p), what), Most: l.Limit.String(),
		Holds: !l.Limit.Over(n, p.Numbers()), Allow: fmt.Sprint(allow, n),
	}
	if l.fixed {
		check.Guard, check.Allow = "", ""
		check.Most += ", which the run began with"
	}
	return check
}

// Foresee tells, of what was measured of a plan that is only made, what refuses it only
// where nobody is asked, and adds the limit of changes that holds there. asSuch is a plan
// whose changes were asked for as such.
func Foresee(g Limits, p *plan.Plan, asSuch bool, checks []Check) []Check {
	for i := range checks {
		checks[i].AtNight = checks[i].Guard == PartialFirstWave
	}
	g.Unattended = true
	for _, l := range g.changeLimits(p, asSuch)[len(g.MaxChanges):] {
		check := l.measure(p)
		check.AtNight = true
		checks = append(checks, check)
	}
	return checks
}

// distinct is how many numbers a plan has, in words: as many as rows, unless some
// repeat others.
func distinct(p *plan.Plan) string {
	if p.Repeats > 0 {
		return fmt.Sprintf("%d different rows", p.Numbers())
	}
	return fmt.Sprintf("%d rows", p.Rows)
}

// measureCutover measures whether the job's newest run is a cutover that was left in the
// middle.
func measureCutover(g Limits, f Facts) []Check {
	if f.Cutover == "" {
		return nil
	}
	return []Check{{
		Guard:    StartNew,
		Measured: fmt.Sprintf("the job's cutover %s is not finished: resume it, or roll it back", f.Cutover),
		Holds:    g.StartNew,
	}}
}

// measureInput measures the input, by itself and beside that of the job's previous
// run.
func measureInput(g Limits, p *plan.Plan, f Facts) []Check {
	var checks []Check
	if n := p.Counts[result.Invalid]; n > 0 {
		measured := result.AreInvalid(n, p.Numbers())
		if p.Repeats > 0 {
			measured = strings.Replace(measured, " row", " different row", 1)
		}
		checks = append(checks, Check{
			Guard:    MaxInvalid,
			Measured: measured, Most: g.MaxInvalid.String(),
			Holds: !g.MaxInvalid.Over(n, p.Numbers()), Allow: fmt.Sprint(n),
		})
	}
	switch {
	case g.MaxInputAge > 0 && g.InputAt.IsZero() && g.given(MaxInputAge):
		checks = append(checks, Check{Measured: "when the input was written is not known"})
	case g.MaxInputAge > 0 && !g.InputAt.IsZero():
		at := p.MadeAt // it was judged then
		if g.given(MaxInputAge) {
			at = f.At
		}
		age := at.Sub(g.InputAt)
		checks = append(checks, Check{
			Guard:    MaxInputAge,
			Measured: fmt.Sprintf("the input was %s old", plan.Age(age)), Most: plan.Duration(g.MaxInputAge),
			Holds: age <= g.MaxInputAge, Allow: hoursAbove(age),
		})
	}
	if f.Previous == nil || f.Rollback {
		return checks
	}
	rows, lost := distinct(p), max(0, f.Previous.Own()-p.Own())
	if p.Added > 0 {
		rows = "1 row of its own"
		if own := p.Own(); own != 1 {
			rows = fmt.Sprintf("%d rows of its own", own)
		}
	}
	return append(checks, Check{
		Guard: MaxShrink,
		Measured: fmt.Sprintf("the input has %s, and had %d in run %s: a loss of %d",
			rows, f.Previous.Own(), f.PreviousRun, lost),
		Most: g.MaxShrink.String(), Holds: !g.MaxShrink.Over(lost, f.Previous.Own()), Allow: fmt.Sprint(lost),
	}, measureColumns(g, p, f))
}

// measureColumns compares the fields that are set with those of the previous run.
func measureColumns(g Limits, p *plan.Plan, f Facts) Check {
	isSet := func(column string) bool { return slices.Contains(p.Columns, column) }
	lost := slices.DeleteFunc(slices.Clone(f.Previous.Columns), isSet)
	check := Check{
		Guard:    LostColumns,
		Measured: "every field that was set in run " + f.PreviousRun + " is set",
		Holds:    len(lost) == 0 || g.AllowLostColumns,
	}
	if len(lost) > 0 {
		check.Measured = fmt.Sprintf("no row sets %s, as rows did in run %s", strings.Join(lost, ", "), f.PreviousRun)
	}
	return check
}

// measureNumbers measures how many protected numbers would change.
func measureNumbers(g Limits, f Facts) ([]Check, error) {
	if len(g.Protect) == 0 {
		return nil, nil
	}
	check := Check{Guard: Protect}
	for p, err := range f.Changing {
		if err != nil {
			return nil, err
		}
		if _, protected := g.Protect[p.Number]; protected {
			check.Each = append(check.Each, fmt.Sprintf("%s: %s is protected and would change", result.Place(p.Line, p.Row), p.Number))
		}
	}
	check.Measured = fmt.Sprintf("%d of %d protected numbers would change", len(check.Each), len(g.Protect))
	check.Holds = len(check.Each) == 0
	return []Check{check}, nil
}

// measureFirstWave measures whether the first wave shows each kind of failure.
func measureFirstWave(g Limits, p *plan.Plan) []Check {
	if len(p.Waves) == 0 || p.ByHand {
		return nil
	}
	measured := "the first wave has every shape"
	if p.MissingShapes > 0 {
		measured = fmt.Sprintf("the first wave, of %d rows, lacks %d shapes", p.Waves[0].Rows, p.MissingShapes)
	}
	return []Check{{Guard: PartialFirstWave, Measured: measured, Holds: p.MissingShapes == 0 || g.AllowPartialFirstWave}}
}
