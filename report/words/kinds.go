package words

import (
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// Kind is what rows of a plan have in common.
type Kind struct {
	First []plan.Row // up to [FirstRows] of them
	Rows  int        // the first ones and those after them
}

// add takes in a row, which is kept if it is one of the first.
func (k *Kind) add(r plan.Row) {
	if k.Rows++; len(k.First) < FirstRows {
		k.First = append(k.First, r)
	}
}

// Alike reports whether the kind says all of its rows' changes: none of them is of a
// value that each number has for itself.
func (k *Kind) Alike() bool {
	return len(k.First) > 0 && !slices.ContainsFunc(k.First[0].Changes, func(c settings.Change) bool {
		f, _ := settings.Lookup(c.Field)
		return f.PerNumber
	})
}

// Kinds are the rows of a plan that are shown: the first of each shape that is, of
// those that repeat another row, and of those that cannot be sent.
type Kinds struct {
	Repeats, Trouble Kind

	shapes map[settings.Shape]*Kind
	last   settings.Shapes
}

// NewKinds are those of a plan, without any row yet.
func NewKinds(made *plan.Plan) *Kinds {
	k := &Kinds{shapes: map[settings.Shape]*Kind{}}
	rarest, _, commonest := ShownShapes(made.Shapes)
	for _, s := range slices.Concat(rarest, commonest) {
		k.shapes[s.Shape] = &Kind{}
	}
	return k
}

// KindsOf parts the rows of a plan by kind. It keeps a few rows of each kind, however
// many there are.
func KindsOf(made *plan.Plan, rows iter.Seq2[plan.Row, error]) (*Kinds, error) {
	k := NewKinds(made)
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		k.Add(r)
	}
	return k, nil
}

// Add takes in a row.
func (k *Kinds) Add(r plan.Row) {
	switch {
	case r.Status == result.Unchanged:
	case r.Status != result.Planned:
		k.Trouble.add(r)
	case r.SameAs > 0:
		k.Repeats.add(r)
	default:
		if kind, shown := k.shapes[k.last.Of(r.Changes)]; shown {
			kind.add(r)
		}
	}
}

// Of is the kind of a shape that is shown; of another one it is empty.
func (k *Kinds) Of(shape settings.Shape) *Kind {
	if kind, shown := k.shapes[shape]; shown {
		return kind
	}
	return &Kind{}
}
