package words

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/plan"
)

// Of many shapes, so many of the rarest and of the commonest are shown.
const (
	RarestShapes    = 20
	CommonestShapes = 5
)

// ShownShapes parts shapes into those that are shown and those between them, which are
// only counted.
func ShownShapes(all []plan.ShapeCount) (rarest, middle, commonest []plan.ShapeCount) {
	n := len(all)
	if n <= RarestShapes+CommonestShapes {
		return all, nil, nil
	}
	return all[:RarestShapes], all[RarestShapes : n-CommonestShapes], all[n-CommonestShapes:]
}

// MiddleShapes counts shapes that are not shown.
func MiddleShapes(shapes []plan.ShapeCount) string {
	least, most := shapes[0].Rows, shapes[len(shapes)-1].Rows
	each := CountOf(most, "row") + " each"
	if least != most {
		each = fmt.Sprintf("%s to %s", Count(least), each)
	}
	return CountOf(len(shapes), "more shape") + " between, of " + each
}
