package files

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/mask"
	"github.com/bulknum/bulknum/report/text"
)

// Format is how results are written.
type Format string

// The formats.
const (
	FormatCSV   Format = "csv"   // as results.csv
	FormatJSONL Format = "jsonl" // a JSON object a row
	FormatText  Format = "text"  // a table for people
	FormatHTML  Format = "html"  // as report.html
	// FormatMarkdown is for a pull request or a ticket: package markdown writes it.
	FormatMarkdown Format = "markdown"
)

// Formats returns every format.
func Formats() []Format {
	return []Format{FormatCSV, FormatJSONL, FormatText, FormatHTML, FormatMarkdown}
}

// ParseFormat reads the name of a format.
func ParseFormat(name string) (Format, error) {
	if f := Format(name); slices.Contains(Formats(), f) {
		return f, nil
	}
	return "", fmt.Errorf("%q is not a format: use %s", name, anyOf(Formats()))
}

// ParseStatuses reads a list such as "failed,unknown". An empty list is none.
func ParseStatuses(list string) ([]result.Status, error) {
	var statuses []result.Status
	for name := range strings.SplitSeq(list, ",") {
		s := result.Status(strings.TrimSpace(name))
		switch {
		case s == "":
		case !slices.Contains(result.Statuses(), s):
			return nil, fmt.Errorf("%q is not a status: use %s", s, anyOf(result.Statuses()))
		case !slices.Contains(statuses, s):
			statuses = append(statuses, s)
		}
	}
	return statuses, nil
}

// anyOf lists words: "a, b or c".
func anyOf[T ~string](words []T) string {
	var b strings.Builder
	for i, word := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(word))
	}
	return b.String()
}

// Rows writes the results of a run that have one of the statuses, or all of
// them if no status is given, in the input's order. A table for people is as wide
// as the terminal, which has so many columns, or 0 off one. A masker hides what identifies persons; nil: nothing is hidden.
func Rows(ctx context.Context, run *runs.Run, w io.Writer, format Format, width int, statuses []result.Status, m *mask.Masker) error {
	results := mask.Each(m, Chosen(run.Results(ctx), statuses))
	switch format {
	case FormatCSV:
		return CSV(w, results)
	case FormatJSONL:
		return JSONL(w, results)
	case FormatText:
		return text.Table(w, width, mask.Hide(m, beside(run)), results)
	default:
		return fmt.Errorf("%q is not a format: use %s", format, anyOf(Formats()))
	}
}

// beside is what a run's plan knows of ids, if it came to one: the names of routes above all.
func beside(run *runs.Run) map[string]string {
	if run.Plan == nil {
		return nil
	}
	return run.Plan.Routes
}

// Chosen gives on the results that have one of the statuses, and every error.
func Chosen(results iter.Seq2[result.Result, error], statuses []result.Status) iter.Seq2[result.Result, error] {
	return func(yield func(result.Result, error) bool) {
		for r, err := range results {
			if err == nil && len(statuses) > 0 && !slices.Contains(statuses, r.Status) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// jsonlVersion is the version of the objects that [JSONL] writes.
const jsonlVersion = 1

// ResultLine is a line of what [JSONL] writes.
type ResultLine struct {
	// Version is the version of the line.
	Version int `json:"version"`
	result.Result
}

// JSONL writes results as JSON, a [ResultLine] each. Times are UTC, to the millisecond.
func JSONL(w io.Writer, results iter.Seq2[result.Result, error]) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for r, err := range results {
		if err != nil {
			return err
		}
		r.StartedAt = r.StartedAt.UTC().Truncate(time.Millisecond)
		if err := encoder.Encode(ResultLine{jsonlVersion, r}); err != nil {
			return err
		}
	}
	return nil
}
