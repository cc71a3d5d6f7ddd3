package report

import "github.com/bulknum/bulknum/batch"

// Step is something that a run's end suggests: what it does, and the command.
type Step struct{ What, Command string }

// NextSteps are what a run's end suggests.
func NextSteps(s *batch.Summary) []Step {
	if s.Run.Sandbox || s.Stop != nil && (s.Stop.Reason == batch.RefusedInput || s.Stop.Reason == batch.Guarded) {
		return nil
	}
	folder := ShellWord(s.Folder)
	left := s.Counts[batch.Failed] + s.Counts[batch.Unknown] + s.Counts[batch.Pending] + s.Counts[batch.NotAttempted]
	switch {
	case s.Run.DryRun && s.Counts[batch.Planned] > 0:
		return []Step{{"Apply exactly this plan, once it is agreed", "bulknum apply --plan " + folder}}
	case left == 0:
		return nil
	case s.Stop == nil && s.Counts[batch.Failed] > 0:
		return []Step{{"Try the rows again that failed or are not certain", "bulknum resume " + folder + " --retry-failed"}}
	default:
		return []Step{{"Go on where the run stopped; what is done is not sent again", "bulknum resume " + folder}}
	}
}
