package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// Totals adds up a plan.
type Totals struct {
	rows    int
	repeats int
	added   int
	along   int // rows that are sent with a companion
	counts  map[result.Status]int
	fields  map[string]int
	columns map[string]struct{}
	shapes  map[settings.Shape]int
	last    settings.Shapes
	changes []Digest // their digests, and those of preconditions
	odd     Warnings
}

// NewTotals begins with no row.
func NewTotals() *Totals {
	return &Totals{
		counts: map[result.Status]int{}, fields: map[string]int{},
		columns: map[string]struct{}{}, shapes: map[settings.Shape]int{},
	}
}

// Add counts a row.
func (t *Totals) Add(p Row, row input.Row) {
	t.rows++
	t.counts[p.Status]++
	if p.SameAs != 0 {
		t.repeats++
	}
	if row.Added {
		t.added++
	} else {
		for _, name := range row.Settings.Names() {
			t.columns[name] = struct{}{}
		}
	}
	for _, c := range settings.Own(p.SentChanges()) {
		t.fields[c.Field]++
	}
	t.changes = append(t.changes, p.Digests()...)
	t.odd.AddRow(p)
	if p.Sent() {
		t.shapes[t.last.Of(p.Changes)]++
		if p.Accompanied() {
			t.along++
		}
	}
}

// hashLength is how many hexadecimal digits name a plan: enough that no two of
// a company's plans are alike, short enough to be read out.
const hashLength = 12

// hashOf names changes by their digests, whatever their order.
func hashOf(digests []Digest) string {
	slices.SortFunc(digests, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	sum := sha256.New()
	for _, d := range digests {
		sum.Write(d[:])
	}
	return hex.EncodeToString(sum.Sum(nil))[:hashLength]
}

// Revised is a plan some of whose rows were decided anew: its figures are these totals.
func (t *Totals) Revised(of *Plan) *Plan {
	p, made := *of, t.Plan(of.Reading)
	p.Hash, p.Counts, p.Fields, p.Columns, p.Shapes, p.Repeats = made.Hash, made.Counts, made.Fields, made.Columns, made.Shapes, made.Repeats
	p.Accompanied = made.Accompanied
	p.Budget.Updates = p.Updates()
	p.Notes = slices.DeleteFunc(slices.Clone(p.Notes), func(n Note) bool {
		return n.Warning != "" && slices.ContainsFunc(made.Notes, func(now Note) bool { return now.Warning == n.Warning })
	})
	p.Notes = append(p.Notes, made.Notes...)
	return &p
}

// Plan is the totals as a document, without the budget.
func (t *Totals) Plan(reading Reading) *Plan {
	p := &Plan{
		Version: planVersion,
		MadeAt:  time.Now(),
		Hash:    hashOf(t.changes),
		Rows:    t.rows,
		Counts:  t.counts,
		Repeats: t.repeats,
		Added:   t.added,

		Accompanied: t.along,
		Fields:      t.fields,
		Columns:     slices.Sorted(maps.Keys(t.columns)),
		Reading:     reading,
		Notes:       t.odd.All(),
	}
	for shape, rows := range t.shapes {
		p.Shapes = append(p.Shapes, ShapeCount{Shape: shape, Rows: rows})
	}
	slices.SortFunc(p.Shapes, func(a, b ShapeCount) int {
		if a.Rows != b.Rows {
			return a.Rows - b.Rows
		}
		return strings.Compare(string(a.Shape), string(b.Shape))
	})
	return p
}
