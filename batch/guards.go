package batch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/settings"
)

// Guards are what must hold of a plan before anything is sent.
type Guards struct {
	// MaxChanges are limits of rows that change, all of them or one field.
	MaxChanges []FieldLimit
	// Unattended is a run that nobody is asked about: without MaxChanges, and
	// with some rows, it may not change more than a share of them. A run that
	// reads nothing does not know what changes, and was asked for as such.
	Unattended bool
	// Protect are numbers that must never change.
	Protect map[string]struct{}
	// ExpectAccount is the account that is meant, by its key or its id;
	// optional.
	ExpectAccount string
	// MaxShrink is by how much the input may be shorter than that of the job's
	// previous run, and AllowLostColumns lets it set fewer fields.
	MaxShrink        plan.Limit
	AllowLostColumns bool
	// InputAt is when the input was written, MaxInputAge how old it may be;
	// optional.
	InputAt     time.Time
	MaxInputAge time.Duration
	// MaxInvalid is how many rows may be left out as invalid.
	MaxInvalid plan.Limit
}

// and returns the guards of a run that goes on: those it began with, and those
// that are given now. None is loosened. Whether somebody is asked counts as long
// as nobody was.
func (g Guards) and(now Guards, asked bool) Guards {
	g.MaxChanges = append(slices.Clip(g.MaxChanges), now.MaxChanges...)
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

// changeLimits are the limits of rows that change in a plan: those that were
// given, and that of a run that nobody is asked about. A rollback was asked for as
// such.
func (g Guards) changeLimits(p *plan.Plan, of Identity) []FieldLimit {
	general := slices.ContainsFunc(g.MaxChanges, func(l FieldLimit) bool { return l.Field == "" })
	if !g.Unattended || of.All || of.RollbackOf != "" || general || p.Rows < unattendedRows {
		return g.MaxChanges
	}
	return append(slices.Clip(g.MaxChanges), FieldLimit{Limit: plan.Limit{Share: unattendedShare}})
}

// FieldLimit is a limit of the rows that change a field; of any field when it
// has no name.
type FieldLimit struct {
	Field string
	Limit plan.Limit
}

// measure is how many rows of a plan the limit is about, and what they do.
func (l FieldLimit) measure(p *plan.Plan) (n int, what string) {
	if l.Field == "" {
		return p.Updates(), "rows would change"
	}
	return p.Fields[l.Field], "rows would change " + l.Field
}

// A run that nobody is asked about, of that many rows or more, may change this
// share of them unless it is told otherwise.
const (
	unattendedRows  = 100
	unattendedShare = 0.3
)

// Refusal is a guard that does not hold: what was measured, the limit, and the
// flag that allows it, if one does.
type Refusal struct {
	What string
	Flag string
}

// hoursAbove is what a flag would have to allow for an age to pass.
func hoursAbove(age time.Duration) string { return fmt.Sprintf("%dh", int(age.Hours())+1) }

// RefusedError is a run that a guard refused: nothing was sent.
type RefusedError struct {
	Refusals []Refusal
}

// Error names every guard that does not hold, a line each.
func (e *RefusedError) Error() string {
	lines := make([]string, len(e.Refusals))
	for i, r := range e.Refusals {
		lines[i] = r.What
	}
	return strings.Join(lines, "\n")
}

// unusable says why a run has no plan that is of use to another one, or nothing.
func (r *Run) unusable(ctx context.Context, cfg Config) (string, error) {
	if r.plan == nil {
		return "was not made to its end", nil
	}
	return r.foreign(ctx, cfg)
}

// foreign says that a run is of another account or address than a configuration,
// or nothing.
func (r *Run) foreign(ctx context.Context, cfg Config) (string, error) {
	account, err := cfg.Store.Account(ctx, cfg.API, cfg.Account)
	if err == nil && !r.is.Account.Same(account) && r.is.Account.API == account.API {
		account, _, err = cfg.account(ctx, cfg.Reader) // it may be another key of the same
	}
	switch {
	case err != nil:
		return "", err
	case r.is.Account.API != account.API:
		return fmt.Sprintf("was made for the API at %s, not for that at %s", r.is.Account.API, account.API), nil
	case !r.is.Account.Same(account):
		return fmt.Sprintf("was made for account %s, not %s", r.is.Account, account), nil
	default:
		return "", nil
	}
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
