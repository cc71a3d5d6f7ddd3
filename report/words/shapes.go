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

// ShapeRows is how many rows each of the shapes has.
func ShapeRows(shapes []plan.ShapeCount) string {
	least, most := shapes[0].Rows, shapes[len(shapes)-1].Rows
	if least == most {
		return CountOf(most, "row") + " each"
	}
	return fmt.Sprintf("%s to %s each", Count(least), CountOf(most, "row"))
}
