package batch

import (
	"maps"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/settings"
)

// PlanRow is what one row of the input would do: a line of plan.jsonl.
type PlanRow struct {
	Row    int    `json:"row"`
	Line   int    `json:"line"`
	Number string `json:"number"`
	// Status is [Planned], [Unchanged], [Conflict] for a number that does not
	// meet the row's preconditions or must not be changed back, [Failed] for one
	// that the API does not know, or [Invalid].
	Status Status `json:"status"`
	// SameAs is the line of the row that this one repeats, else 0.
	SameAs int `json:"sameAs,omitempty"`
	// Changes are the fields that differ; of a planned row at least one.
	Changes []settings.Change `json:"changes,omitempty"`
	// If are the preconditions, by field, of a row that changes something; ""
	// expects no value.
	If map[string]string `json:"if,omitempty"`
	// Error says why the row is neither planned nor unchanged.
	Error string `json:"error,omitempty"`
	// ReadAt is when the number's current settings were read; zero when they
	// were not.
	ReadAt time.Time `json:"readAt,omitzero"`
}

// sent reports whether the row is to be sent itself.
func (p PlanRow) sent() bool { return p.Status == Planned && p.SameAs == 0 }

// conditional reports whether the row has preconditions.
func (p PlanRow) conditional() bool { return len(p.If) > 0 }

// expects are the row's preconditions.
func (p PlanRow) expects() settings.Settings {
	var s settings.Settings
	for field, value := range p.If {
		s.Set(field, value)
	}
	return s
}

// countIn adds the row to the figures of the input's verdict.
func (p PlanRow) countIn(c *input.Counts) {
	c.Rows++
	switch {
	case p.Status == Invalid:
		c.Invalid++
	case p.SameAs != 0:
		c.Duplicate++
	default:
		c.Valid++
	}
}

// sentChanges are the row's changes if it is to be sent itself.
func (p PlanRow) sentChanges() []settings.Change {
	if !p.sent() {
		return nil
	}
	return p.Changes
}

// planVersion is the version of the plan document.
const planVersion = 1

// Plan is what a whole run would do, in figures.
type Plan struct {
	// Version is the version of this document.
	Version int       `json:"version"`
	MadeAt  time.Time `json:"madeAt"`
	// Hash is a short hash of all numbers, changes and preconditions, whatever
	// their order: it names what was agreed to.
	Hash string `json:"hash"`
	// Rows is how many there are, Counts how many would end in each status.
	Rows   int            `json:"rows"`
	Counts map[Status]int `json:"counts"`
	// Fields is how many rows change each field; Columns are the fields that
	// some row sets.
	Fields  map[string]int `json:"fields"`
	Columns []string       `json:"columns"`
	// Shapes are what the changes have in common, the rarest first.
	Shapes  []ShapeCount `json:"shapes"`
	Reading Reading      `json:"reading"`
	Budget  Budget       `json:"budget"`
	// Waves are in which the rows are sent, if in waves; WayBack is where the
	// run would stand if it began at once: with waves or a deadline only.
	Waves   []Wave   `json:"waves,omitempty"`
	WayBack *WayBack `json:"wayBack,omitempty"`
	// Notes are what earlier runs tell of its rows.
	Notes []PlanNote `json:"notes,omitempty"`
	// Routes are the names of the routes that were read, by id.
	Routes map[string]string `json:"routes,omitempty"`
}

// learn adds the names of routes, by id.
func (p *Plan) learn(routes map[string]string) {
	if p.Routes == nil && len(routes) > 0 {
		p.Routes = map[string]string{}
	}
	maps.Copy(p.Routes, routes)
}

// ShapeCount is how many rows have a shape of changes.
type ShapeCount struct {
	Shape settings.Shape `json:"shape"`
	Rows  int            `json:"rows"`
}

// ReadWay is how current settings are read.
type ReadWay string

const (
	// ReadAuto takes the way with fewer requests.
	ReadAuto ReadWay = "auto"
	// ReadInventory reads the pages of the account's inventory.
	ReadInventory ReadWay = "inventory"
	// ReadEach reads one number a request.
	ReadEach ReadWay = "each"
	// ReadFile takes them from an exported file.
	ReadFile ReadWay = "file"
	// ReadNone reads nothing: every row is sent.
	ReadNone ReadWay = "none"
)

// Reading is how the current settings were read, or are being read.
type Reading struct {
	Way ReadWay `json:"way"`
	// Numbers is how many were wanted, Found how many of them the API told.
	Numbers int `json:"numbers"`
	Found   int `json:"found"`
	// PagesInAll is how many pages the inventory has, besides those that an
	// earlier execution read; 0 when not known.
	PagesInAll int `json:"pagesInAll,omitempty"`
	// Pages and Singles are how many requests were made of either kind; with
	// SinglesLeft still to be made.
	Pages       int `json:"pages"`
	Singles     int `json:"singles"`
	SinglesLeft int `json:"singlesLeft,omitempty"`
	// Unnamed is how many records of the pages named no number, and were passed over.
	Unnamed int `json:"unnamed,omitempty"`
	// Trouble is why the inventory could not be read to its end, if so.
	Trouble string `json:"trouble,omitempty"`
}

// Budget is what a run costs.
type Budget struct {
	// Read is how many requests the reading took, ReadTokens how many more for
	// its tokens.
	Read       int `json:"read"`
	ReadTokens int `json:"readTokens"`
	// Updates is how many are needed, Tokens how many token requests with them.
	Updates int `json:"updates"`
	Tokens  int `json:"tokens"`
	// Rate is the pace; TakesMs how long the updates take at it, NaiveMs how
	// long it would take to send every row, in milliseconds.
	Rate    string    `json:"rate"`
	TakesMs int64     `json:"takesMs"`
	EndsAt  time.Time `json:"endsAt"`
	NaiveMs int64     `json:"naiveMs"`
}
