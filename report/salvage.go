package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/bulknum/bulknum/batch/store"
)

// Salvage is what was brought out of a damaged store.
type Salvage struct {
	// From is the damaged store's place, New the new one's, and Aside where the
	// damaged one is by now.
	From, New, Aside string
	// Brought are the names of the runs that were brought over.
	Brought []string
	Lost    []store.LostRun
	Gaps    []store.Gap
}

// SalvageText writes it for people.
func SalvageText(w io.Writer, s Salvage) error {
	var b bytes.Buffer
	for _, l := range s.Lost {
		fmt.Fprintf(&b, "lost %s: %s\n", printable(l.Name), printable(l.Why))
	}
	for _, g := range s.Gaps {
		fmt.Fprintf(&b, "! %s\n", printable(g.Why))
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	field(&b, "Brought", countOf(len(s.Brought), "run"))
	field(&b, "Lost", countOf(len(s.Lost), "run"))
	field(&b, "From", printable(s.From))
	field(&b, "Into", printable(s.New))
	if s.Aside != "" {
		field(&b, "Put aside", printable(s.Aside))
	}
	_, err := w.Write(b.Bytes())
	return err
}
