package text

import (
	"bytes"
	"fmt"
	"io"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/report/words"
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
func Shapes(w io.Writer, made *plan.Plan) error {
	var b bytes.Buffer
	writeShapes(&b, made, false, nil)
	_, err := w.Write(b.Bytes())
	return err
}

// writeShapes writes the shapes, all of them or those at both ends, and after each of
// them what else there is of it, if that is not nil.
func writeShapes(b *bytes.Buffer, made *plan.Plan, all bool, after func(plan.ShapeCount)) {
	n := len(made.Shapes)
	if n == 0 {
		b.WriteString("No changes\n")
		return
	}
	rarest, middle, commonest := words.ShownShapes(made.Shapes)
	if all {
		rarest, middle, commonest = made.Shapes, nil, nil
	}
	width := len(words.Count(made.Shapes[n-1].Rows)) // the commonest is the last
	lines := func(shapes []plan.ShapeCount) {
		for _, s := range shapes {
			fmt.Fprintf(b, "%*s x %s\n", width, words.Count(s.Rows), words.Printable(words.WithRouteNames(string(s.Shape), made.Routes)))
			if after != nil {
				after(s)
			}
		}
	}
	lines(rarest)
	if len(middle) > 0 {
		fmt.Fprintf(b, "%*s   %s\n", width, "…", words.MiddleShapes(middle))
	}
	lines(commonest)
}
