package dialect

import "math"

// Point is how far a store is with a commit: by the numbers of what is done, or by a count of the commits that took none.
type Point struct{ Sequence, Unnumbered int64 }

// Everything is beyond every commit.
var Everything = Point{math.MaxInt64, math.MaxInt64}

// Beyond reports whether a server that was as far as another point lacks the commit.
func (p Point) Beyond(other Point) bool {
	return p.Sequence > other.Sequence || p.Unnumbered > other.Unnumbered
}
