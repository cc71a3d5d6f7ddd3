package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// count is how often each move met each state, and what happened.
type count struct {
	moves      map[Deed]map[string]int
	all        map[Deed]int
	happenings map[string]int
	histories  int
}

func newCount() *count {
	return &count{moves: map[Deed]map[string]int{}, all: map[Deed]int{}, happenings: map[string]int{}}
}

func (c *count) met(d Deed, states []string) {
	c.all[d]++
	if c.moves[d] == nil {
		c.moves[d] = map[string]int{}
	}
	for _, s := range states {
		c.moves[d][s]++
	}
}

func (c *count) happened(what string) { c.happenings[what]++ }

// String is a table: a line a move, a column a state.
func (c *count) String() string {
	columns := map[string]bool{}
	for _, states := range c.moves {
		for s := range states {
			columns[s] = true
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d histories\n%-14s%15s", c.histories, "", "in all")
	for _, s := range slices.Sorted(maps.Keys(columns)) {
		fmt.Fprintf(&b, "%15s", s)
	}
	for _, d := range slices.Sorted(maps.Keys(c.moves)) {
		fmt.Fprintf(&b, "\n%-14s%15d", d, c.all[d])
		for _, s := range slices.Sorted(maps.Keys(columns)) {
			fmt.Fprintf(&b, "%15d", c.moves[d][s])
		}
	}
	b.WriteString("\nwhat happened\n")
	for _, what := range slices.Sorted(maps.Keys(c.happenings)) {
		fmt.Fprintf(&b, "%6d %s\n", c.happenings[what], what)
	}
	return b.String()
}

// missing are the kinds of history that the net must have been through, and was not.
func (c *count) missing() []string {
	var missing []string
	for deed, states := range mustMeet {
		for _, s := range states {
			if c.moves[deed][s] == 0 {
				missing = append(missing, fmt.Sprintf("%s never met: %s", deed, s))
			}
		}
	}
	for _, what := range mustHappen {
		if c.happenings[what] == 0 {
			missing = append(missing, "never happened: "+what)
		}
	}
	slices.Sort(missing)
	return missing
}

// want fails a test that has not been everywhere.
func (c *count) want(t *testing.T) {
	t.Helper()
	t.Log(c)
	for _, m := range c.missing() {
		t.Error(m)
	}
}

// mustMeet are the states that each move must have met.
var mustMeet = map[Deed][]string{
	Apply:     {"nothing yet", "other open", "other in doubt", "cutover", "foreign change"},
	Plan:      {"other open"},
	ApplyPlan: {"newer run", "cutover"},
	Resume:    {"own open", "own in doubt", "newer run", "cutover", "rolled back", "foreign change"},
	Verify:    {"own in doubt", "newer run"},
	Rollback:  {"other open", "other in doubt", "cutover", "foreign change"},
	Prune:     {"other open", "cutover"},
	Foreign:   {"other open"},
	Wait:      {"other open"},
}

// mustHappen is what else must have happened.
var mustHappen = []string{
	"kill in apply", "kill in resume", "kill in rollback", "kill in verify", "kill in apply --plan",
	"pause in apply", "pause in resume", "stop in apply", "down in apply", "meddle in apply", "second in apply",
	"late answer after a kill", "lost", "swallowed", "late", "too late", "429", "503", "400",
	"refused apply", "refused resume",
	"row updated", "row unchanged", "row failed", "row unknown", "row conflict", "row not_attempted",
	"verified as_asked", "verified drifted",
}
