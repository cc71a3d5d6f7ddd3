package text

import (
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/bulknum/bulknum/report/overview"
	"github.com/bulknum/bulknum/report/words"
)

// Fleet writes what became of the work for many accounts: a line for each, and one for all.
func Fleet(w io.Writer, d *overview.Document) error {
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"Account", "Exit", "Rows", "Took", "Run", "What became of it"})
	for _, o := range d.Accounts {
		t.AppendRow(table.Row{o.Account, overview.Exit(o), words.Count(o.Rows), overview.Took(o.TookMs), words.Printable(o.Run), words.Printable(overview.Became(o))})
	}
	took := words.Duration(time.Duration(d.TookMs) * time.Millisecond)
	t.AppendRow(table.Row{"all", d.ExitCode, words.Count(d.Rows), took, "", overview.Counted(d.Counts)})
	_, err := io.WriteString(w, t.Render()+"\n")
	return err
}
