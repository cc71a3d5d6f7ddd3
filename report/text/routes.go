package text

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch/route"
	"github.com/bulknum/bulknum/report/words"
)

// routeNames writes the routes whose names are known, a line each.
func routeNames(b *bytes.Buffer, routes map[string]string) {
	for i, id := range slices.Sorted(maps.Keys(routes)) {
		field(b, label(i, "Routes"), fmt.Sprintf("%s %s", words.Printable(id), words.RouteName(routes[id])))
	}
}

// Routes writes routes with their numbers as a table for people, and what is to be known of them.
func Routes(w io.Writer, found route.Census) error {
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"Kind", "Name", "Id", "State", "Numbers"})
	for _, r := range found.Routes {
		t.AppendRow(table.Row{r.Kind, words.Printable(r.Name), words.Printable(r.ID), words.Printable(routeState(r)), words.Count(r.Numbers)})
	}
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 5, Align: text.AlignRight, AlignHeader: text.AlignRight}})
	var b bytes.Buffer
	b.WriteString(t.Render() + "\n\n")
	for _, kind := range route.Kinds() {
		if n := found.None[kind]; n > 0 {
			fmt.Fprintf(&b, "without a %s route: %s\n", kind, words.CountOf(n, "number"))
		}
		if n := found.Untold[kind]; n > 0 {
			fmt.Fprintf(&b, "whose %s route is not told: %s\n", kind, words.CountOf(n, "number"))
		}
		if why := found.Unlisted[kind]; why != "" {
			fmt.Fprintf(&b, "not listed, of the %s routes: %s\n", kind, words.Printable(why))
		}
	}
	fmt.Fprintf(&b, "counted: %s\n", counted(found))
	_, err := b.WriteTo(w)
	return err
}

// routeState says whether a route works, as far as it is known.
func routeState(r route.Counted) string {
	switch {
	case !r.Listed:
		return "not listed"
	case r.Trouble() != "":
		return strings.TrimPrefix(r.Trouble(), "is ")
	case r.Enabled == nil && r.Status == "":
		return "not told"
	default:
		return "enabled"
	}
}

// counted says how many numbers were counted.
func counted(found route.Census) string {
	said := words.CountOf(found.Numbers, "number")
	switch {
	case found.Whole:
	case found.Total > found.Numbers:
		said = fmt.Sprintf("%s of %s numbers", words.Count(found.Numbers), words.Count(found.Total))
	default:
		said += ", and whether that is all is not known"
	}
	if found.Unread > 0 {
		said += fmt.Sprintf("; %s tell nothing", words.CountOf(found.Unread, "record"))
	}
	return said
}
