package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/bulknum/bulknum/batch"
)

// Of many shapes, so many of the rarest and of the commonest are shown.
const (
	rarestShapes    = 20
	commonestShapes = 5
)

// Shapes writes what the changes of a plan have in common, a line a shape, with
// how many rows have it:
//
//	    1 x VoiceRouteId CRID-a -> CRID-z
//	9,812 x MessageRouteId MRID-a -> MRID-b
//
// The rarest come first, because they are where mistakes hide. Of very many,
// those in the middle are only counted. Routes whose names are known are shown
// with them.
func Shapes(w io.Writer, plan *batch.Plan) error {
	var b bytes.Buffer
	shapes(&b, plan, false)
	_, err := w.Write(b.Bytes())
	return err
}

// shapes writes the shapes, all of them or those at both ends.
func shapes(b *bytes.Buffer, plan *batch.Plan, all bool) {
	n := len(plan.Shapes)
	if n == 0 {
		b.WriteString("No changes\n")
		return
	}
	width := len(Count(plan.Shapes[n-1].Rows)) // the commonest is the last
	if all || n <= rarestShapes+commonestShapes {
		shapeLines(b, plan.Shapes, width, plan.Routes)
		return
	}
	middle := plan.Shapes[rarestShapes : n-commonestShapes]
	shapeLines(b, plan.Shapes[:rarestShapes], width, plan.Routes)
	fmt.Fprintf(b, "%*s   %s between, of %s\n", width, "…", countOf(len(middle), "more shape"), rowsOf(middle))
	shapeLines(b, plan.Shapes[n-commonestShapes:], width, plan.Routes)
}

func shapeLines(b *bytes.Buffer, shapes []batch.ShapeCount, width int, routes map[string]string) {
	for _, s := range shapes {
		fmt.Fprintf(b, "%*s x %s\n", width, Count(s.Rows), printable(named(string(s.Shape), routes)))
	}
}

// rowsOf is how many rows each of the shapes has.
func rowsOf(shapes []batch.ShapeCount) string {
	least, most := shapes[0].Rows, shapes[len(shapes)-1].Rows
	if least == most {
		return countOf(most, "row") + " each"
	}
	return fmt.Sprintf("%s to %s each", Count(least), countOf(most, "row"))
}
