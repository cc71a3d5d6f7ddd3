package settings

import (
	"slices"
	"strings"
)

// Shape is what many rows' changes have in common, in words for people:
// `MessageRouteId MRID-a -> MRID-b, Iccid changed`. A rare shape among common
// ones is where mistakes hide.
type Shape string

// ShapeOf returns the shape of a row's changes. Values that belong to single
// numbers are left out of it; they would make every row a shape of its own.
func ShapeOf(changes []Change) Shape {
	parts := make([]string, len(changes))
	for i, c := range changes {
		parts[i] = c.shape()
	}
	return Shape(strings.Join(parts, ", "))
}

// Shapes are those of one row after the other: a row that changes the same as the one before it has its shape.
type Shapes struct {
	changes []Change
	shape   Shape
}

// Of is [ShapeOf].
func (s *Shapes) Of(changes []Change) Shape {
	if s.shape == "" || !slices.Equal(s.changes, changes) {
		s.changes, s.shape = changes, ShapeOf(changes)
	}
	return s.shape
}

func (c Change) shape() string {
	if f, _ := Lookup(c.Field); !f.PerNumber {
		return c.String()
	}
	switch {
	case c.WriteOnly && c.New != "":
		return c.Field + " " + c.old() + " -> set"
	case c.kept():
		return c.Field + " kept"
	case c.New == "":
		return c.Field + " cleared"
	case c.Old == "":
		return c.Field + " set"
	}
	return c.Field + " changed"
}
