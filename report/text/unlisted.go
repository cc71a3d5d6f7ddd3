package text

import (
	"bytes"
	"fmt"
	"io"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/report/words"
)

// Unlisted writes which numbers of the inventory the input of a plan does not name, by their routes.
func Unlisted(w io.Writer, made *plan.Plan) error {
	var b bytes.Buffer
	u := made.Reading.Unlisted
	if u == nil {
		b.WriteString("\nNot in the file: not known, the inventory was not read to its end\n")
		_, err := b.WriteTo(w)
		return err
	}
	fmt.Fprintf(&b, "\nNot in the file: %s\n", words.Unlisted(u))
	width := len(words.Count(u.Numbers))
	for _, on := range u.Routes {
		fmt.Fprintf(&b, "%*s %s: %s\n", width, words.Count(on.Numbers),
			words.Printable(words.UnlistedRoute(on, made.Routes)), words.Printable(words.UnlistedNumbers(on)))
	}
	_, err := b.WriteTo(w)
	return err
}
