package text

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/report/words"
)

// planByKind lists the kinds of a plan, the rarest first, each with its first rows:
// numbers alone where the kind says all that is to be said of them.
func planByKind(w io.Writer, made *plan.Plan, rows iter.Seq2[plan.Row, error]) error {
	kinds, err := words.KindsOf(made, rows)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	writeShapes(&b, made, false, func(s plan.ShapeCount) { kindRows(&b, kinds.Of(s.Shape), "", made.Routes) })
	b.WriteString("\n")
	for _, kind := range []struct {
		*words.Kind
		what string
	}{{&kinds.Repeats, " that repeat another"}, {&kinds.Trouble, " that cannot be sent"}} {
		if kind.Rows > 0 {
			kindRows(&b, kind.Kind, kind.what, made.Routes)
			b.WriteString("\n")
		}
	}
	_, err = b.WriteTo(w)
	return err
}

// numbersInLine is how many numbers of a kind are listed that has more rows than are
// listed: a line of them.
const numbersInLine = 7

// kindRows writes the first rows of a kind, and how many there are besides.
func kindRows(b *bytes.Buffer, k *words.Kind, what string, routes map[string]string) {
	shown := k.First
	if k.Alike() && what == "" {
		if k.Rows > len(shown) {
			shown = shown[:numbersInLine]
		}
		numbers := make([]string, len(shown))
		for i, r := range shown {
			numbers[i] = words.Number(r.Number)
		}
		for _, line := range wrapped(strings.Join(numbers, ", "), textWidth-len("~ ")) {
			b.WriteString("~ " + line + "\n")
		}
	} else {
		planLines(b, shown, routes)
	}
	if n := k.Rows - len(shown); n > 0 {
		fmt.Fprintf(b, "… %s%s: --"+option.Full+" shows them\n", words.CountOf(n, "more row"), what)
	}
}
