package words_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/event"
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

// updated are the counts of a run whose rows were all updated.
var updated = map[result.Status]int{result.Updated: 4}

// lost is a run whose store was lost.
func lost(s *runs.Summary) *runs.Summary {
	s.Lost = true
	return s
}

// dry is a run that only plans.
func dry(s *runs.Summary) *runs.Summary {
	s.Run.DryRun = true
	return s
}

// crashed is a run whose end is not recorded.
func crashed(s *runs.Summary) *runs.Summary {
	s.State = runs.Crashed
	return s
}

// waves is a run in waves, of which some ended so and some did not.
func waves(s *runs.Summary, ended []event.WaveEnded, left int) *runs.Summary {
	s.Waves, s.WavesLeft = ended, make([]runs.WaveLeft, left)
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

		// What is not recorded, or could not be read back, is open, however many rows are known to be updated.
		"lost, and a signal": {lost(ended(result.Stop{Reason: result.StoppedBySignal}, updated, 0)), []string{resume}},
		"lost, and a deadline": {
			lost(ended(result.Stop{Reason: result.StoppedByDeadline}, updated, 0)), []string{resume + " --deadline TIME"},
		},
		"lost plan":      {lost(dry(ended(result.Stop{Reason: result.StoppedByDisk}, map[result.Status]int{result.Planned: 4}, 0))), []string{resume}},
		"disk":           {ended(result.Stop{Reason: result.StoppedByDisk}, updated, 0), []string{resume}},
		"signal, done":   {ended(result.Stop{Reason: result.StoppedBySignal}, updated, 0), nil},
		"signal in wave": {waves(ended(result.Stop{Reason: result.StoppedBySignal}, updated, 0), nil, 1), []string{resume}},
		"crashed":        {crashed(ended(result.Stop{}, updated, 0)), []string{resume}},
		"not read back":  {waves(ended(result.Stop{}, updated, 0), []event.WaveEnded{{Passed: true, Unreadable: 1}}, 0), []string{resume}},
		"the gate failed, not read back": {
			waves(ended(result.Stop{}, updated, 0), []event.WaveEnded{{Passed: true, Unreadable: 1, Gate: "no"}}, 0),
			[]string{"bulknum rollback runs/one", resume},
		},
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

// A lost store is told beside a graver reason; as the reason itself it says so.
func TestALostStoreIsTold(t *testing.T) {
	for reason, want := range map[result.Reason]bool{result.StoppedBySignal: true, result.StoppedByDisk: false} {
		told := words.Happened(lost(ended(result.Stop{Reason: reason}, updated, 0)))
		if got := strings.HasSuffix(told, "the store was lost: not all of this is recorded"); got != want {
			t.Errorf("%s: %q", reason, told)
		}
	}
}
