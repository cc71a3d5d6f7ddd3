package words_test

import (
	"testing"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/report/words"
)

// What the library says in words, people are told with the flags of a command line.
func TestFlagsStandBesideHints(t *testing.T) {
	for want, p := range map[string]input.Problem{
		"":                                    {},
		"write a number":                      {Hint: "write a number"},
		"allow it: --allow-clear":             {Hint: "allow it", Options: []option.Name{option.AllowClear}},
		"leave it out: --ignore-column 'A B'": {Column: "A B", Hint: "leave it out", Options: []option.Name{option.IgnoreColumn}},
		"allow it; or include no failed rows: --allow-clear, no --include-failed": {
			Hint: "allow it; or include no failed rows", Options: []option.Name{option.AllowClear, option.IncludeFailed},
		},
	} {
		if got := words.Hint(p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := words.WithOptions("try failed rows again", []option.Name{option.RetryFailed}); got != "try failed rows again: --retry-failed" {
		t.Errorf("got %q", got)
	}
}
