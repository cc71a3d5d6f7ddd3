package text

import (
	"bytes"
	"fmt"
	"io"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/report/words"
)

// Salvaged is what was brought out of a damaged store.
type Salvaged struct {
	// From is the damaged store's place, New the new one's, and Aside where the
	// damaged one is by now.
	From, New, Aside string
	// Brought are the names of the runs that were brought over.
	Brought []string
	Lost    []store.LostRun
	Gaps    []store.Gap
}

// Salvage writes it for people.
func Salvage(w io.Writer, s Salvaged) error {
	var b bytes.Buffer
	for _, l := range s.Lost {
		fmt.Fprintf(&b, "lost %s: %s\n", words.Printable(l.Name), words.Printable(l.Why))
	}
	for _, g := range s.Gaps {
		fmt.Fprintf(&b, "! %s\n", words.Printable(g.Why))
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	field(&b, "Brought", words.CountOf(len(s.Brought), "run"))
	field(&b, "Lost", words.CountOf(len(s.Lost), "run"))
	field(&b, "From", words.Printable(s.From))
	field(&b, "Into", words.Printable(s.New))
	if s.Aside != "" {
		field(&b, "Put aside", words.Printable(s.Aside))
	}
	_, err := w.Write(b.Bytes())
	return err
}
