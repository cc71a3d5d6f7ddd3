package text

import (
	"bytes"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// Skipped writes the rows that a rollback skips, with the reasons: the
// first 50, or all of them if full is set. Without any it writes nothing.
func Skipped(w io.Writer, skipped []runs.Skipped, full bool) error {
	if len(skipped) == 0 {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s cannot be rolled back, or only in part:\n", words.CountOf(len(skipped), "row"))
	for i, l := range skipped {
		if i == words.FirstRows && !full {
			fmt.Fprintf(&b, "… %s: --"+option.Full+" shows them\n", words.CountOf(len(skipped)-i, "more row"))
			break
		}
		extent := "skipped"
		if l.Partly {
			extent = "in part"
		}
		fmt.Fprintf(&b, "! %s  %-10s  line %s: %s\n", text.Pad(words.Number(l.Number), words.NumberWidth, ' '), extent, words.Count(l.Line), words.Printable(l.Why))
	}
	_, err := w.Write(b.Bytes())
	return err
}
