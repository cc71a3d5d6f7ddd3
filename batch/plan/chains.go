package plan

import (
	"fmt"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// simField has the number of a SIM, which is on one phone number.
const simField = "Iccid"

// HandsOnSIMs reports whether rows of the plan may take a SIM that another row gives up, or was to.
func (p *Plan) HandsOnSIMs() bool {
	unsent := p.Counts[result.Conflict] + p.Counts[result.Failed]
	return p.Fields[simField] > 1 || p.Fields[simField] == 1 && unsent > 0
}

// Giver is a row that gives up a SIM which another row takes.
type Giver struct {
	Line   int
	Number string
	// ICCID is the SIM's, as its number had it when the plan was made.
	ICCID string
	// Unsent is the status of a row that was to give up the SIM and is not sent; "": it is.
	Unsent result.Status
}

// Place names the row for people: `+18018018011 (line 2)`.
func (g Giver) Place() string { return fmt.Sprintf("%s (line %d)", g.Number, g.Line) }

// GaveUp reports whether a reading of the giver's number shows that it has the SIM no more.
func (g Giver) GaveUp(is settings.State) bool {
	value, shown := is.Get(simField)
	return shown && !sameSIM(value, g.ICCID)
}

func sameSIM(a, b string) bool { return iccid().Same(a, b) }

func iccid() *settings.Field {
	field, _ := settings.Lookup(simField)
	return &field
}

// Chains are the rows of a plan that hand SIMs on: a taker leaves after its givers.
type Chains struct {
	// Cycles are rows each of which waits for another of them. To send them all the same, the last one of each is
	// not waited for by the first.
	Cycles [][]Giver

	givers map[int][]Giver // by line of the taker
	takers map[int][]int   // by line of the giver
	chain  map[int]int     // by line, the first line of its chain
}

// simRow is a row that changes a number's SIM.
type simRow struct {
	Giver
	takes string // "": none
}

// MayHandOn reports whether the row may count for the chains of its plan: it is sent, or was to be.
func (p Row) MayHandOn() bool {
	return p.SameAs == 0 && (p.Status == result.Planned || p.Status == result.Conflict || p.Status == result.Failed)
}

// HandsOn reports whether it does: it changes the SIM of its number.
func (p Row) HandsOn() bool { return p.MayHandOn() && p.simChange() >= 0 }

// simChange is the place of the change of the SIM among the row's; < 0: there is none.
func (p Row) simChange() int {
	return slices.IndexFunc(p.Changes, func(c settings.Change) bool { return c.Field == simField })
}

// ChainsOf finds the chains among the rows of a plan. A row that is not sent takes no SIM, and keeps the one that it was
// to give up.
func ChainsOf(all iter.Seq2[Row, error]) (*Chains, error) {
	var rows []simRow
	gives := map[string][]int{} // by SIM, the places of the rows
	for p, err := range all {
		if err != nil {
			return nil, err
		}
		if !p.HandsOn() {
			continue
		}
		c := p.Changes[p.simChange()]
		if c.Old != "" {
			gives[iccid().Meaning(c.Old)] = append(gives[iccid().Meaning(c.Old)], len(rows))
		}
		row := simRow{Giver{Line: p.Line, Number: p.Number, ICCID: c.Old}, c.New}
		if !p.Sent() {
			row.Unsent, row.takes = p.Status, ""
		}
		rows = append(rows, row)
	}
	c := &Chains{givers: map[int][]Giver{}, takers: map[int][]int{}, chain: map[int]int{}}
	visited := make([]visit, len(rows))
	for i := range rows {
		c.walk(rows, gives, visited, []int{i})
	}
	return c, nil
}

// visit is how far a row was followed to its givers.
type visit int

const (
	unseen visit = iota
	underWay
	done
)

// walk follows the last row of a path to its givers, and from there on. It does not call itself: a chain may have as many
// links as the plan has rows.
func (c *Chains) walk(rows []simRow, gives map[string][]int, visited []visit, path []int) {
	next := map[int]int{} // by place, how many of its givers were followed
	for len(path) > 0 {
		i := path[len(path)-1]
		visited[i] = max(visited[i], underWay)
		var all []int
		if rows[i].takes != "" {
			all = gives[iccid().Meaning(rows[i].takes)]
		}
		n := next[i]
		if next[i]++; visited[i] == done || n == len(all) {
			visited[i] = done
			path = path[:len(path)-1]
			continue
		}
		giver := all[n]
		c.join(rows[i].Line, rows[giver].Line)
		switch visited[giver] {
		case underWay:
			c.addCycle(rows, path[slices.Index(path, giver):])
			continue
		case unseen:
			path = append(path, giver)
		}
		c.givers[rows[i].Line] = append(c.givers[rows[i].Line], rows[giver].Giver)
		c.takers[rows[giver].Line] = append(c.takers[rows[giver].Line], rows[i].Line)
	}
}

// addCycle takes in a path of takers to givers whose last row takes what the first gives up.
func (c *Chains) addCycle(rows []simRow, path []int) {
	var cycle []Giver
	for _, i := range path {
		cycle = append(cycle, rows[i].Giver)
	}
	c.Cycles = append(c.Cycles, cycle)
}

// join puts two rows into one chain.
func (c *Chains) join(a, b int) {
	a, b = c.first(a), c.first(b)
	c.chain[a], c.chain[b] = min(a, b), min(a, b)
}

// first is the first line of a row's chain, or of the row.
func (c *Chains) first(line int) int {
	first := line
	for c.chain[first] != first && c.chain[first] != 0 {
		first = c.chain[first]
	}
	return first
}

// Of tells the chain that a row is of, by its first line; 0: it is of none.
func (c *Chains) Of(line int) int {
	if c == nil || c.chain[line] == 0 {
		return 0
	}
	return c.first(line)
}

// Givers are the rows that a row waits for.
func (c *Chains) Givers(taker int) []Giver {
	if c == nil {
		return nil
	}
	return c.givers[taker]
}

// Takers are the lines of the rows that wait for a row.
func (c *Chains) Takers(giver int) []int {
	if c == nil {
		return nil
	}
	return c.takers[giver]
}

// Holders are SIMs that rows take and that other numbers have: by SIM, as [settings.Field.Key] writes it, the numbers.
type Holders map[string][]string

// Want takes in the SIM that a row asks for.
func (h Holders) Want(row settings.Settings) {
	if value, _ := row.Get(simField); value != "" {
		h[iccid().Meaning(value)] = nil
	}
}

// Note takes in what a number has, and reports whether it is news.
func (h Holders) Note(number string, is settings.State) (news bool) {
	value, _ := is.Get(simField)
	if value == "" {
		return false
	}
	has, wanted := h[iccid().Meaning(value)]
	if !wanted || slices.Contains(has, number) {
		return false
	}
	h[iccid().Meaning(value)] = append(has, number)
	return true
}

// Keeping warns of the rows that take a SIM which another number has and keeps, as far as it was read.
func (h Holders) Keeping(sent iter.Seq2[Row, error]) ([]Note, error) {
	if len(h) == 0 {
		return nil, nil
	}
	gives := map[string]struct{}{} // the numbers
	var takers []simRow
	for p, err := range sent {
		if err != nil {
			return nil, err
		}
		for _, c := range p.Changes {
			if c.Field == simField {
				gives[p.Number] = struct{}{}
				takers = append(takers, simRow{Giver{Line: p.Line, Number: p.Number}, c.New})
			}
		}
	}
	var odd Warnings
	for _, row := range takers {
		for _, number := range h[iccid().Meaning(row.takes)] {
			if _, up := gives[number]; !up && number != row.Number && row.takes != "" {
				odd.add(fmt.Sprintf("Iccid: the SIM is on %s, and no row takes it away from there", number), row.Line)
			}
		}
	}
	return odd.All(), nil
}
