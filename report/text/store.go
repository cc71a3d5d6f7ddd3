package text

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/report/words"
)

// Store writes how a store is, for people.
func Store(w io.Writer, r store.Report) error {
	var b bytes.Buffer
	if len(r.Faults) == 0 {
		fmt.Fprintf(&b, "The store %s is whole\n\n", words.Printable(r.Place))
	} else {
		fmt.Fprintf(&b, "The store %s is damaged\n\n", words.Printable(r.Place))
		for _, fault := range r.Faults {
			fmt.Fprintf(&b, "! %s\n", words.Printable(fault))
		}
		b.WriteString("\n")
	}
	for _, warning := range r.Warnings {
		fmt.Fprintf(&b, "Note: %s\n", words.Printable(warning))
	}
	if len(r.Warnings) > 0 {
		b.WriteString("\n")
	}
	field(&b, "Runs", words.Count(r.Runs))
	if !r.Oldest.IsZero() {
		field(&b, "Oldest", r.Oldest.Format(words.Clock))
	}
	if r.Removed > 0 {
		field(&b, "Removed", words.CountOf(r.Removed, "run"))
	}
	field(&b, "Size", fmt.Sprintf("%s KB", words.Count(int(r.Bytes/1000))))
	for _, kind := range slices.SortedFunc(maps.Keys(r.Sizes), func(a, b string) int { return int(r.Sizes[b] - r.Sizes[a]) }) {
		if kb := r.Sizes[kind] / 1000; kb > 0 {
			fmt.Fprintf(&b, "  %-16s %8s KB\n", kind, words.Count(int(kb)))
		}
	}
	if r.FileSystem != "" {
		field(&b, "Disk", words.Printable(r.FileSystem))
	}
	field(&b, "Database", words.Printable(r.Database))
	if r.Answer > 0 {
		field(&b, "Answer", fmt.Sprintf("after %s; its clock differs by %s", r.Answer.Round(time.Microsecond), r.Skew.Round(time.Millisecond)))
	}
	field(&b, "Sequence", words.Count(int(r.Sequence))+", the number of the newest record")
	field(&b, "Marks", words.Count(r.Marks)+" in the state folder name this store")
	_, err := w.Write(b.Bytes())
	return err
}
