package words

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// Step is something that a run's end suggests: what it does, and the command.
type Step struct{ What, Command string }

// NextSteps are what a run's end suggests.
func NextSteps(s *runs.Summary) []Step {
	if s.Run.Sandbox {
		return nil
	}
	if s.Stop != nil && (s.Stop.Reason.Next() == result.CorrectInput || s.Stop.Reason.Next() == result.SeeGuards) {
		return nil // that is for a person to do
	}
	if s.RolledBack != nil {
		return nil // whether the rest is to be sent is for a person to say
	}
	folder := ShellWord(s.Folder)
	left := s.Counts[result.Failed] + s.Counts[result.Unknown] + s.Counts[result.Pending] + s.Counts[result.NotAttempted]
	resume := resuming(folder, s.Run.Saved)
	switch {
	case s.Run.DryRun && s.Counts[result.Planned] > 0:
		return []Step{{"Apply exactly this plan, once it is agreed", "bulknum apply --plan " + folder}}
	case len(s.Waves) > 0 && !s.Waves[len(s.Waves)-1].Passed:
		return afterWave(s, resume, folder)
	case left == 0:
		return nil
	case s.Stop != nil:
		return afterStop(s, resume, folder)
	case s.Counts[result.Failed] > 0:
		return []Step{{"Try the rows again that failed or are not certain", resume + " --retry-failed"}}
	default:
		return []Step{{goOn, resume}}
	}
}

// What the most frequent steps do.
const (
	goOn     = "Go on where the run stopped; what is done is not sent again"
	takeBack = "Take back what was done"
)

// afterStop are the ways on from where a run stopped, by the reason.
func afterStop(s *runs.Summary, resume, folder string) []Step {
	switch s.Stop.Reason.Next() {
	case result.RollBackInTime:
		return afterReserve(s, folder)
	case result.MoveDeadline:
		return []Step{{"Go on with a later deadline, or with none; what is done is not sent again", resume + " --deadline TIME"}}
	case result.ResumeOrRollBack:
		if len(s.Waves) > 0 {
			return []Step{{goOn, resume}, {takeBack, "bulknum rollback " + folder}}
		}
	}
	return []Step{{goOn, resume}}
}

// afterWave are the ways on from a wave that did not pass: again, on in spite of
// it, and back.
func afterWave(s *runs.Summary, resume, folder string) []Step {
	var steps []Step
	if s.Counts[result.Failed] > 0 {
		steps = append(steps, Step{"Try the rows again that failed, and go on if the wave passes then", resume + " --retry-failed"})
	}
	return append(steps,
		Step{"Go on in spite of what did not pass", fmt.Sprintf("%s --wave-failures %d", resume, s.Waves[len(s.Waves)-1].Bad())},
		Step{takeBack, "bulknum rollback " + folder})
}

// afterReserve are the ways on from the point of no return.
func afterReserve(s *runs.Summary, folder string) []Step {
	saved := s.Run.Saved
	saved.ReserveRollback = nil
	return []Step{
		{takeBack, "bulknum rollback " + folder},
		{"Go on, without a way back before the deadline", resuming(folder, saved) + " --reserve-rollback=false"},
	}
}

// resuming is the command that goes on with a run: what it was told to hold or
// stop for must be given again, and the rest of how it was sent goes on by itself.
func resuming(folder string, saved runs.SavedOptions) string {
	command := "bulknum resume " + folder
	if saved.ConfirmWaves != nil && *saved.ConfirmWaves {
		command += " --confirm-waves"
	}
	if saved.Gate != nil && *saved.Gate != "" {
		command += " --gate " + ShellWord(*saved.Gate)
	}
	if saved.ReserveRollback != nil && *saved.ReserveRollback {
		command += " --reserve-rollback"
	}
	return command
}
