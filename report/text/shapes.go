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
	shapes(&b, made, false)
	_, err := w.Write(b.Bytes())
	return err
}

// shapes writes the shapes, all of them or those at both ends.
func shapes(b *bytes.Buffer, made *plan.Plan, all bool) {
	n := len(made.Shapes)
	if n == 0 {
		b.WriteString("No changes\n")
		return
	}
	width := len(words.Count(made.Shapes[n-1].Rows)) // the commonest is the last
	if all || n <= words.RarestShapes+words.CommonestShapes {
		shapeLines(b, made.Shapes, width, made.Routes)
		return
	}
	middle := made.Shapes[words.RarestShapes : n-words.CommonestShapes]
	shapeLines(b, made.Shapes[:words.RarestShapes], width, made.Routes)
	fmt.Fprintf(b, "%*s   %s between, of %s\n", width, "…", words.CountOf(len(middle), "more shape"), words.ShapeRows(middle))
	shapeLines(b, made.Shapes[n-words.CommonestShapes:], width, made.Routes)
}

func shapeLines(b *bytes.Buffer, shapes []plan.ShapeCount, width int, routes map[string]string) {
	for _, s := range shapes {
		fmt.Fprintf(b, "%*s x %s\n", width, words.Count(s.Rows), words.Printable(words.WithRouteNames(string(s.Shape), routes)))
	}
}
