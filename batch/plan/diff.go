package plan

import (
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// DifferenceKind is how two plans differ in what they would do to a number.
type DifferenceKind string

// The kinds. A plan does nothing to a number that it does not have, or that is in sync.
const (
	DifferenceAdded   DifferenceKind = "added"   // only the later plan does something, or would if it could
	DifferenceDropped DifferenceKind = "dropped" // only the earlier one does
	DifferenceChanged DifferenceKind = "changed" // both do, and not the same
)

// Difference is a number to which two plans would not do the same.
type Difference struct {
	Kind   DifferenceKind `json:"kind"`
	Number string         `json:"number"`
	// Before and After are the row of either plan; nil: it has none.
	Before *Row `json:"before,omitempty"`
	After  *Row `json:"after,omitempty"`
}

// Diff are the differences between two plans.
type Diff struct {
	// Same is how many numbers both have to which they would do the same.
	Same int `json:"same"`
	// Counts is how many differ, by kind, and Differences are these, in the order of the later plan; those that it has no
	// row for come last.
	Counts      map[DifferenceKind]int `json:"counts"`
	Differences []Difference           `json:"differences"`
}

// NewDiff compares what two plans would do. Rows that only repeat another do nothing. It keeps a hash of each number of
// the earlier plan, and the rows that differ.
func NewDiff(before, after iter.Seq2[Row, error]) (*Diff, error) {
	earlier := map[string]Digest{} // what is done to each number that nothing was found for in the later plan yet
	for r, err := range numbers(before) {
		if err != nil {
			return nil, err
		}
		earlier[r.Number] = deed(r)
	}
	d := &Diff{Counts: map[DifferenceKind]int{}, Differences: []Difference{}}
	places := map[string]int{} // of the differences whose earlier row is still to be found
	for r, err := range numbers(after) {
		if err != nil {
			return nil, err
		}
		was, had := earlier[r.Number]
		now := deed(r)
		if was == now {
			if had {
				delete(earlier, r.Number)
				d.Same++
			}
			continue
		}
		kind := DifferenceChanged
		switch {
		case was == Digest{}:
			kind = DifferenceAdded
		case now == Digest{}:
			kind = DifferenceDropped
		}
		if had {
			places[r.Number] = len(d.Differences)
		}
		d.add(Difference{Kind: kind, Number: r.Number, After: &r})
	}
	err := d.fill(before, earlier, places)
	return d, err
}

// fill takes in the earlier rows of numbers that differ: of those that the later plan has, at their places, and of those
// that it has not.
func (d *Diff) fill(before iter.Seq2[Row, error], earlier map[string]Digest, places map[string]int) error {
	for r, err := range numbers(before) {
		if err != nil {
			return err
		}
		was, differs := earlier[r.Number]
		place, has := places[r.Number]
		switch {
		case has:
			d.Differences[place].Before = &r
		case differs && was != Digest{}:
			d.add(Difference{Kind: DifferenceDropped, Number: r.Number, Before: &r})
		}
	}
	return nil
}

func (d *Diff) add(one Difference) {
	d.Counts[one.Kind]++
	d.Differences = append(d.Differences, one)
}

// numbers gives the first row of each number, and every error.
func numbers(rows iter.Seq2[Row, error]) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for r, err := range rows {
			if err == nil && r.SameAs != 0 {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// deed is what a plan does about a row; the zero value: nothing is to be done.
func deed(r Row) Digest {
	if r.Status == result.Unchanged {
		return Digest{}
	}
	return DigestOf(r.Number, []any{r.Status, r.Changes, r.If, r.Wave})
}

// ShapeDifference is how many rows of two plans have a shape of changes.
type ShapeDifference struct {
	Shape  settings.Shape `json:"shape"`
	Before int            `json:"before"`
	After  int            `json:"after"`
}

// DiffShapes are the shapes that two plans do not have equally often, those of the later plan first.
func DiffShapes(before, after *Plan) []ShapeDifference {
	var all []ShapeDifference
	place := map[settings.Shape]int{}
	at := func(shape settings.Shape) *ShapeDifference {
		i, known := place[shape]
		if !known {
			i, place[shape] = len(all), len(all)
			all = append(all, ShapeDifference{Shape: shape})
		}
		return &all[i]
	}
	for _, s := range after.Shapes {
		at(s.Shape).After = s.Rows
	}
	for _, s := range before.Shapes {
		at(s.Shape).Before = s.Rows
	}
	return slices.DeleteFunc(all, func(s ShapeDifference) bool { return s.Before == s.After })
}
