package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// count is how often each move met each state, and what happened.
type count struct {
	mu         sync.Mutex // operations and the network count side by side
	moves      map[Action]map[string]int
	all        map[Action]int
	happenings map[string]int
	histories  int
}

func newCount() *count {
	return &count{moves: map[Action]map[string]int{}, all: map[Action]int{}, happenings: map[string]int{}}
}

func (c *count) met(d Action, states []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[d]++
	if c.moves[d] == nil {
		c.moves[d] = map[string]int{}
	}
	for _, s := range states {
		c.moves[d][s]++
	}
}

func (c *count) happened(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.happenings[what]++
}

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

// From someHistories on what is not rare must be met, from manyHistories on also what
// is.
const (
	someHistories = 30
	manyHistories = 300
)

// missing are the kinds of history that the net must have been through, and was not.
func (c *count) missing() []string {
	var missing []string
	look := func(moves map[Action][]string, happenings []string) {
		for action, states := range moves {
			for _, s := range states {
				if c.moves[action][s] == 0 {
					missing = append(missing, fmt.Sprintf("%s never met: %s", action, s))
				}
			}
		}
		for _, what := range happenings {
			if c.happenings[what] == 0 {
				missing = append(missing, "never happened: "+what)
			}
		}
	}
	if c.histories >= someHistories {
		look(mustMeet, mustHappen)
	}
	if c.histories >= manyHistories {
		look(rareMeetings, rareHappenings)
	}
	if c.histories >= 10*manyHistories {
		look(rarestMeetings, rarestHappenings)
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
var mustMeet = map[Action][]string{
	Apply:     {"nothing yet", "other open", "other in doubt", "cutover", "foreign change"},
	Plan:      {"other open", "cutover"},
	ApplyPlan: {"newer run"},
	Resume:    {"own open", "own in doubt", "newer run", "cutover", "foreign change"},
	Verify:    {"newer run"},
	Rollback:  {"other open", "cutover", "foreign change"},
	Prune:     {"other open"},
	Salvage:   {"other open", "cutover"},
	Foreign:   {"other open"},
	Wait:      {"other open"},
	PutBack:   {"other open", "cutover"},
	Flip:      {"other open"},
}

// rareMeetings are those that many histories must have met besides.
var rareMeetings = map[Action][]string{
	ApplyPlan: {"cutover", "foreign change", "other in doubt"},
	Resume:    {"pruned"},
	Verify:    {"own in doubt"},
	Rollback:  {"other in doubt", "newer run", "own in doubt", "own open"},
	Prune:     {"cutover", "other in doubt"},
	Delete:    {"cutover", "other open", "other in doubt"},
	Restore:   {"cutover", "other open"},
	Salvage:   {"other in doubt", "foreign change"},
	PutBack:   {"other in doubt", "foreign change"},
	Flip:      {"cutover", "other in doubt"},
}

// rarestMeetings are those of ten times as many.
var rarestMeetings = map[Action][]string{
	Resume: {"rolled back"},
	Verify: {"rolled back"},
}

// rarestHappenings are those of ten times as many.
var rarestHappenings = []string{"meddle in apply --plan", "verified, not shown", "a word that comes too late"}

// mustHappen is what else must have happened.
var mustHappen = []string{
	"kill in apply", "pause in apply", "stop in apply", "down in apply", "meddle in apply", "second in apply",
	"late answer after a kill", "pending", "order error", "hidden", "row pending", "lost", "swallowed", "late", "too late", "429", "503", "400",
	"locked", "cropped", "old echo",
	"refused apply", "refused resume",
	"another key of the account", "another spelling", "vanish in apply", "back again", "away for good",
	"refused store", "refused by the store apply", "accepted", "flip noticed",
	"removed by prune", "archived by prune", "salvaged, with a gap: true", "salvaged, with a gap: false",
	"row updated", "row unchanged", "row failed", "row unknown", "row conflict", "row not_attempted", "verified in_sync",
	"a route goes along", "a SIM is handed on",
}

// rareHappenings are those of many histories.
var rareHappenings = []string{
	"kill in resume", "kill in rollback", "kill in verify", "kill in apply --plan", "kill in plan",
	"pause in resume", "pause in rollback", "pause in apply --plan", "down in resume",
	"meddle in resume", "meddle in rollback",
	"stop in resume", "stop in rollback", "second in resume", "vanish in resume", "vanish in plan",
	"refused by the store resume", "refused by the store rollback", "refused by the store prune",
	"removed by delete", "archived by delete", "restored",
	"salvaged after: a flipped bit", "salvaged after: cut", "salvaged after: overwritten", "salvaged after: emptied",
	"sent by a run from before a gap", "flip without effect", "flip noticed by an operation",
	"refused apply --plan", "refused rollback", "verified drifted",
	"not shown", "null in the inventory", "given back as input",
	"a route was moved right before it goes along", "a SIM is handed back", "held back: not_attempted",
	"sleep in apply", "slow", "stalled", "lag", "soft 429", "portal", "empty",
}
