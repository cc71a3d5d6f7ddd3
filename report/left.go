package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch"
)

// LeftText writes the rows that a rollback leaves alone, with the reasons: the
// first 50, or all of them if full is set. Without any it writes nothing.
func LeftText(w io.Writer, left []batch.LeftAlone, full bool) error {
	if len(left) == 0 {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s cannot be taken back, or not wholly:\n", countOf(len(left), "row"))
	for i, l := range left {
		if i == firstRows && !full {
			fmt.Fprintf(&b, "… %s: --full shows them\n", countOf(len(left)-i, "more row"))
			break
		}
		extent := "left alone"
		if l.Partly {
			extent = "in part"
		}
		fmt.Fprintf(&b, "! %s  %-10s  line %s: %s\n", text.Pad(shownNumber(l.Number), numberWidth, ' '), extent, Count(l.Line), printable(l.Why))
	}
	_, err := w.Write(b.Bytes())
	return err
}
