package words_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// ended is a run of 4 rows that ended so.
func ended(stop result.Stop, counts map[result.Status]int, permanent int) *runs.Summary {
	s := &runs.Summary{State: runs.Finished, Folder: "runs/one", Rows: 4, Counts: counts, Permanent: permanent}
	if stop.Early() {
		s.State, s.Stop = runs.Stopped, &stop
	}
	return s
}

// What comes next is what can help: a row that is refused for good is corrected, and
// credentials that are refused are tried before the run is resumed.
func TestNextSteps(t *testing.T) {
	const resume, correct = "bulknum resume runs/one", "bulknum report runs/one --status failed --as-input > failed.csv"
	for name, c := range map[string]struct {
		summary *runs.Summary
		want    []string
	}{
		"failed":          {ended(result.Stop{}, map[result.Status]int{result.Failed: 2}, 0), []string{resume + " --retry-failed"}},
		"refused":         {ended(result.Stop{}, map[result.Status]int{result.Failed: 2}, 2), []string{correct}},
		"some refused":    {ended(result.Stop{}, map[result.Status]int{result.Failed: 2}, 1), []string{resume + " --retry-failed", correct}},
		"refused, unsure": {ended(result.Stop{}, map[result.Status]int{result.Failed: 2, result.Unknown: 1}, 2), []string{resume, correct}},
		"unsure":          {ended(result.Stop{}, map[result.Status]int{result.Unknown: 1}, 0), []string{resume}},
		"good":            {ended(result.Stop{}, map[result.Status]int{result.Updated: 4}, 0), nil},
		"key": {ended(result.Stop{Reason: result.StoppedByCredentials, Next: result.CheckKey}, map[result.Status]int{result.NotAttempted: 4}, 0),
			[]string{"bulknum check", resume}},
		"scope":   {ended(result.Stop{Reason: result.StoppedByCredentials}, map[result.Status]int{result.NotAttempted: 4}, 0), []string{"bulknum check", resume}},
		"token":   {ended(result.Stop{Reason: result.StoppedByCredentials, Next: result.RenewToken}, map[result.Status]int{result.NotAttempted: 4}, 0), []string{resume}},
		"address": {ended(result.Stop{Reason: result.StoppedByAPI}, map[result.Status]int{result.NotAttempted: 4}, 0), []string{"bulknum check", resume}},
		"signal":  {ended(result.Stop{Reason: result.StoppedBySignal}, map[result.Status]int{result.NotAttempted: 4}, 0), []string{resume}},
	} {
		var got []string
		for _, step := range words.NextSteps(c.summary) {
			got = append(got, step.Command)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A token that was given is no matter of the key, nor the other way round.
func TestCuresNameTheVariable(t *testing.T) {
	for next, want := range map[result.Next]string{result.CheckKey: "TELEGENT_ACCOUNT_SECRET", result.RenewToken: "TELEGENT_TOKEN"} {
		for _, variable := range []string{"TELEGENT_ACCOUNT_SECRET", "TELEGENT_TOKEN"} {
			if got := strings.Contains(words.CureStop(next), variable); got != (variable == want) {
				t.Errorf("%s names %s: %t", next, variable, got)
			}
		}
	}
}
