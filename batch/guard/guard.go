package guard

import "strings"

// Guard is what refuses a run, or a part of it; 0: nobody can allow it. How it is
// allowed, whoever speaks with people says.
type Guard int

// The guards.
const (
	// MaxChanges limits how many rows change, MaxInvalid how many are left out as
	// invalid, MaxInputAge how old the input may be, MaxShrink how many rows fewer
	// than before it may have; and LostColumns wants the same fields to be set.
	MaxChanges Guard = iota + 1
	MaxInvalid
	MaxInputAge
	MaxShrink
	LostColumns
	// Protect keeps numbers from being changed, ExpectAccount the plan to an
	// account, and RoutesRead wants to know that routes work.
	Protect
	ExpectAccount
	RoutesRead
	// MaxPlanAge limits how old a plan may be, MaxStateAge settings that were
	// exported.
	MaxPlanAge
	MaxStateAge
	// FreeSpace is what the disk must have, and Fit the time before the deadline.
	FreeSpace
	Fit
	// AfterLater keeps a run that was rolled back from being resumed, and Clear
	// fields from being cleared.
	AfterLater
	Clear
	// Gate, ConfirmWaves and ReserveRollback want to be spoken of again when a run is
	// resumed that was to hold or stop for them.
	Gate
	ConfirmWaves
	ReserveRollback
)

// Refusal is a guard that does not hold.
type Refusal struct {
	// What says what was measured, and the limit.
	What string
	// Guard refuses, and Allow is the value of it that lets the run through; "": it
	// has none.
	Guard Guard
	Allow string
}

// RefusedError is a run that a guard refused: nothing was sent.
type RefusedError struct {
	Refusals []Refusal
}

// Refuse is the error of what nobody can allow.
func Refuse(what string) *RefusedError { return &RefusedError{Refusals: []Refusal{{What: what}}} }

// Error names every guard that does not hold, a line each.
func (e *RefusedError) Error() string {
	lines := make([]string, len(e.Refusals))
	for i, r := range e.Refusals {
		lines[i] = r.What
	}
	return strings.Join(lines, "\n")
}

// Enforce refuses a plan for which a guard does not hold.
func Enforce(checks []Check) error {
	var refused []Refusal
	for _, c := range checks {
		refused = append(refused, c.refusals()...)
	}
	if len(refused) == 0 {
		return nil
	}
	return &RefusedError{Refusals: refused}
}
