package runs

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Included are the rows of a run that failed in the last run of its job, and that its file does not name.
type Included struct {
	// Run is the name of that last run; "": the job has none.
	Run string `json:"run,omitempty"`
	// Rows is how many were included: they stand behind the file in the run's copy of it, after Line lines and a header.
	Rows int `json:"rows"`
	Line int `json:"line,omitempty"`
	// Named is how many were not, because the file names their numbers, or their SIMs; Later, because other runs
	// wrote to their numbers since, or may have; and RolledBack, because the run was rolled back.
	Named      int `json:"named,omitempty"`
	Later      int `json:"later,omitempty"`
	RolledBack int `json:"rolledBack,omitempty"`
	// Meant are the routes that the names in the included rows meant in that last run.
	Meant plan.RouteNames `json:"meant,omitempty"`
	// SHA256 is the hash of the file's own bytes, in hexadecimal.
	SHA256 string `json:"sha256,omitempty"`
}

// OwnSHA256 is the hash of what the input was before rows of another run were added to it.
func (i Identity) OwnSHA256() string {
	if i.Included != nil && i.Included.SHA256 != "" {
		return i.Included.SHA256
	}
	return i.Input.SHA256
}

// OfFile are [Folder.Siblings] with an input whose own bytes have this hash.
func (f Folder) OfFile(ctx context.Context, of store.Run, sha256 string) ([]store.Run, error) {
	all, err := f.Siblings(ctx, of)
	if err != nil {
		return nil, err
	}
	var same []store.Run
	for _, is := range all {
		run, err := f.identify(is)
		if err != nil {
			return nil, err
		}
		if run.Identity.OwnSHA256() == sha256 {
			same = append(same, is)
		}
	}
	return same, nil
}

// Blamed is a problem of a run's input, with its run and another way out where it is one of included rows.
func (i *Included) Blamed(p input.Problem) input.Problem {
	if i == nil || i.Rows == 0 || p.Line <= i.Line {
		return p
	}
	p.Run = i.Run
	if !p.Warning {
		p.Hint = strings.TrimPrefix(p.Hint+"; or include no failed rows", "; or ")
		p.Options = append(slices.Clip(p.Options), option.IncludeFailed)
	}
	return p
}

// String says which rows were included, and which were not.
func (i *Included) String() string {
	if i.Run == "" {
		return "no failed row is included: this job has sent nothing before"
	}
	var text strings.Builder
	switch i.Rows {
	case 0:
		fmt.Fprintf(&text, "no row that failed in run %s is included", i.Run)
	case 1:
		fmt.Fprintf(&text, "1 row that failed in run %s and is not in the file is included, as line %d", i.Run, i.Line+2)
	default:
		fmt.Fprintf(&text, "%d rows that failed in run %s and are not in the file are included, as lines %d to %d",
			i.Rows, i.Run, i.Line+2, i.Line+1+i.Rows)
	}
	for _, left := range []struct {
		rows int
		why  string
	}{
		{i.Named, "their numbers or SIMs are in the file"},
		{i.Later, "other runs may have written to their numbers since"},
		{i.RolledBack, "the run was rolled back"},
	} {
		if left.rows > 0 {
			fmt.Fprintf(&text, "; left out: %d, because %s", left.rows, left.why)
		}
	}
	return text.String()
}

// Of says which of these lines are those of included rows; "": none is.
func (i *Included) Of(lines []int) string {
	first := i.Line + 2
	if i.Rows == 0 || len(lines) == 0 || slices.Max(lines) < first {
		return ""
	}
	return fmt.Sprintf("from line %d on, rows of run %s that are included", first, i.Run)
}

// Failed gives the rows that failed in the last run of a job and account, as they are to be tried again, and tells in i
// which run that is and which rows are left out. named reports whether today's file has the word on a row.
func (f Folder) Failed(ctx context.Context, job string, account store.Account, named func(input.Row) bool, i *Included) ([]input.Row, error) {
	last, err := f.Previous(ctx, store.Run{Job: job, Account: account, Sequence: math.MaxInt64})
	if err != nil || last == nil {
		return nil, err
	}
	i.Run = last.Identity.Name
	if last, err = f.Load(ctx, last.Stored); err != nil {
		return nil, err
	}
	back, err := last.RolledBackBy(ctx)
	if err != nil {
		return nil, err
	}
	touched, _, err := last.TouchedLater(ctx)
	if err != nil {
		return nil, err
	}
	var failed []input.Row
	for row, err := range RowsAsWritten(ctx, last) {
		if err != nil {
			return nil, fmt.Errorf("the failed rows of run %s: %w", i.Run, err)
		}
		switch {
		case row.Result.Status != result.Failed, row.Row.SameAs != 0, row.Row.Settings.IsZero():
		case named(row.Row):
			i.Named++
		case len(back) > 0:
			i.RolledBack++
		case touched(row.Row.Number):
			i.Later++
		default:
			failed = append(failed, row.Row)
		}
	}
	i.Rows = len(failed)
	if last.Plan != nil {
		i.Meant = slices.DeleteFunc(slices.Clone(last.Plan.Named), func(route plan.RouteName) bool {
			return !slices.ContainsFunc(failed, func(row input.Row) bool { return names(row.Settings, route) || names(row.If, route) })
		})
	}
	return failed, nil
}

// names reports whether settings name a route.
func names(s settings.Settings, route plan.RouteName) bool {
	return slices.ContainsFunc(s.Named(), func(field settings.Field) bool {
		value, _ := s.Get(field.Name)
		name, _ := settings.RouteName(value)
		return field.Route == route.Kind && name == route.Name
	})
}
