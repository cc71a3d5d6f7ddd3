package guard

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/settings"
)

// Limits are what must hold of a plan before anything is sent.
type Limits struct {
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

// FieldLimit is a limit of the rows that change a field; of any field when it
// has no name.
type FieldLimit struct {
	Field string
	Limit plan.Limit
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
// that are given now. None is loosened. Whether somebody is asked counts as long
// as nobody was.
func (g Limits) And(now Limits, asked bool) Limits {
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

// A run that nobody is asked about, of that many rows or more, may change this
// share of them unless it is told otherwise.
const (
	unattendedRows  = 100
	unattendedShare = 0.3
)

// changeLimits are the limits of rows that change in a plan: those that were
// given, and that of a run that nobody is asked about, unless it was asked for as
// such.
func (g Limits) changeLimits(p *plan.Plan, asSuch bool) []FieldLimit {
	general := slices.ContainsFunc(g.MaxChanges, func(l FieldLimit) bool { return l.Field == "" })
	if !g.Unattended || asSuch || general || p.Rows < unattendedRows {
		return g.MaxChanges
	}
	return append(slices.Clip(g.MaxChanges), FieldLimit{Limit: plan.Limit{Share: unattendedShare}})
}
