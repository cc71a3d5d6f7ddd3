package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/store"
)

// StoreText writes how a store is, for people.
func StoreText(w io.Writer, r store.Report) error {
	var b bytes.Buffer
	if len(r.Faults) == 0 {
		fmt.Fprintf(&b, "The store %s is whole\n\n", printable(r.Place))
	} else {
		fmt.Fprintf(&b, "The store %s is damaged\n\n", printable(r.Place))
		for _, fault := range r.Faults {
			fmt.Fprintf(&b, "! %s\n", printable(fault))
		}
		b.WriteString("\n")
	}
	field(&b, "Runs", Count(r.Runs))
	if !r.Oldest.IsZero() {
		field(&b, "Oldest", r.Oldest.Format(clock))
	}
	field(&b, "Size", fmt.Sprintf("%s KB", Count(int(r.Bytes/1000))))
	for _, kind := range slices.SortedFunc(maps.Keys(r.Sizes), func(a, b string) int { return int(r.Sizes[b] - r.Sizes[a]) }) {
		if kb := r.Sizes[kind] / 1000; kb > 0 {
			fmt.Fprintf(&b, "  %-16s %8s KB\n", kind, Count(int(kb)))
		}
	}
	field(&b, "Files on", printable(r.FileSystem))
	field(&b, "SQLite", r.SQLite)
	field(&b, "Recorded", countOf(int(r.Sequence), "step"))
	field(&b, "Marks", Count(r.Marks))
	_, err := w.Write(b.Bytes())
	return err
}
