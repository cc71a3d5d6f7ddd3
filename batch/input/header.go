package input

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bulknum/bulknum/batch/input/nearest"
	"github.com/bulknum/bulknum/batch/option"
)

// names knows what the columns of a file may be called.
type names struct {
	known   []string       // by target
	targets map[string]int // by plain name
	renamed map[string]string
}

// newNames takes the user's own names from the options.
func newNames(o Options) (*names, error) {
	n := &names{known: targets(), targets: map[string]int{}, renamed: map[string]string{}}
	for target, name := range n.known {
		n.targets[nearest.Plain(name)] = target
	}
	var problems []Problem
	for _, from := range slices.Sorted(maps.Keys(o.Map)) {
		to := o.Map[from]
		target := slices.IndexFunc(n.known, func(name string) bool { return nearest.Plain(name) == nearest.Plain(to) })
		if target < 0 {
			problems = append(problems, Problem{
				Message: fmt.Sprintf("there is no field %s, as which the column %s is to be read", show(to), show(from)),
				Hint:    n.hint(to),
			})
			continue
		}
		n.targets[nearest.Plain(from)] = target
		n.renamed[nearest.Plain(from)] = from
	}
	for _, name := range o.Ignore {
		n.targets[nearest.Plain(name)] = ignored
	}
	if problems != nil {
		return nil, &unreadable{problems}
	}
	return n, nil
}

// find returns the target of a column and what it is called in reports.
func (n *names) find(header string) (target int, label string, ok bool) {
	header = strings.TrimSpace(header)
	target, ok = n.targets[nearest.Plain(header)]
	label = show(header)
	if _, renamed := n.renamed[nearest.Plain(header)]; renamed && target != ignored {
		label += " (" + n.known[target] + ")"
	}
	return target, label, ok
}

// know reports whether all cells name columns. What is no name is a row, whose mistakes as a header need not be found.
func (n *names) know(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool {
		_, _, ok := n.find(cell)
		return !ok
	})
}

// hint offers the known name that is nearest to an unknown one.
func (n *names) hint(name string) string {
	if near := nearest.Name(nearest.Plain(name), n.known); near != "" {
		return "did you mean " + near + "?"
	}
	return "the fields are " + strings.Join(n.known[:1+fieldCount], ", ")
}

// unknown adds what can be done about a name that is not known.
func (n *names) unknown(p Problem, name string) Problem {
	p.Hint = n.hint(name)
	if !strings.HasSuffix(p.Hint, "?") {
		p.Hint += ";"
	}
	p.Hint += " or leave it out"
	p.Options = []option.Name{option.IgnoreColumn}
	return p
}

// header is the first line of a CSV file, understood.
type header struct {
	targets []int         // by column
	given   columns       // those that are not ignored
	columns []string      // what they are called, by column
	labels  [width]string // by target
}

// column returns what a column is called; nothing of a cell that has none.
func (h *header) column(i int) string {
	if i >= len(h.columns) {
		return ""
	}
	return h.columns[i]
}

// understand finds the target of every column, or all that is wrong with them.
func (n *names) understand(cells []string, line int) (*header, error) {
	h := &header{}
	copy(h.labels[:], n.known)
	first := map[int]string{}
	var problems []Problem
	blame := func(column, message, hint string, options ...option.Name) {
		problems = append(problems, Problem{Line: line, Column: column, Message: message, Hint: hint, Options: options})
	}
	for i, name := range cells {
		name = strings.TrimSpace(name)
		target, label, ok := n.find(name)
		h.targets, h.columns = append(h.targets, target), append(h.columns, label)
		before, twice := first[target]
		switch {
		case !ok && name == "":
			blame("", fmt.Sprintf("column %d has no name", i+1), "name it, or remove the column")
		case !ok:
			problems = append(problems, n.unknown(Problem{Line: line, Column: label, Message: "unknown column"}, name))
		case target != ignored && twice:
			blame(label, fmt.Sprintf("the column %s is given twice, as %s before", n.known[target], before), "remove one of them")
		case target != ignored:
			first[target], h.labels[target] = label, label
		}
	}
	if len(first) == 0 && slices.ContainsFunc(cells, isData) {
		return nil, &unreadable{[]Problem{{
			Line: line, Message: "this looks like data: the file has no header",
			Hint: "write a line with the names of the fields above it, as in Number,MessageRouteId",
		}}}
	}
	if _, ok := first[theNumber]; !ok {
		blame("", "there is no column Number", "name the column of the phone numbers Number, or map another to it", option.Map)
	}
	for target := range first {
		h.given.add(target)
	}
	problems = append(problems, n.unused(cells, line)...)
	if problems != nil {
		return nil, &unreadable{problems}
	}
	return h, nil
}

// data is a cell that names nothing: a phone number, or an id.
var data = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\+?\d{7,15}|[A-Z]{3,5}-[0-9A-Fa-f-]{8,})$`)
})

// isData reports whether a cell is no name of a column.
func isData(cell string) bool { return data().MatchString(strings.TrimSpace(cell)) }

// unused finds names of --map that no column has: what stands in that column
// would be left out without a word.
func (n *names) unused(cells []string, line int) []Problem {
	var problems []Problem
	for _, key := range slices.Sorted(maps.Keys(n.renamed)) {
		if !slices.ContainsFunc(cells, func(name string) bool { return nearest.Plain(name) == key }) {
			problems = append(problems, Problem{
				Line: line, Message: fmt.Sprintf("there is no column %s, which is to be read under another name", show(n.renamed[key])),
				Hint: "compare it with the header",
			})
		}
	}
	return problems
}
