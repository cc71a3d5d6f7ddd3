package words

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// Step is something that a run's end suggests: what it does, and the command.
type Step struct{ What, Command string }

// PlansAgain reports whether a plan would be refused: what comes next is another plan, for which all options are given
// again.
func PlansAgain(s *runs.Summary) bool { return len(guard.Refusals(s.Guards, false)) > 0 }

// NextSteps are what a run's end suggests, as commands of the account that it was of.
func NextSteps(s *runs.Summary) []Step {
	steps := nextSteps(s)
	for n := range steps {
		steps[n].Command = ofAccount(steps[n].Command, s.Run.Saved)
	}
	return steps
}

// ofAccount is a command for the account that a run was carried out for, by its name.
func ofAccount(command string, saved runs.SavedOptions) string {
	name, rest, _ := strings.Cut(strings.TrimPrefix(command, "bulknum "), " ")
	if saved.Account == "" || name == "" || !strings.HasPrefix(command, "bulknum ") {
		return command
	}
	of := "bulknum " + name + " --" + option.Account + " " + ShellWord(saved.Account)
	if saved.Accounts != "" {
		of += " --" + option.Accounts + " " + ShellWord(saved.Accounts)
	}
	return strings.TrimSuffix(of+" "+rest, " ")
}

func nextSteps(s *runs.Summary) []Step {
	if s.State == runs.Running {
		return nil
	}
	if s.Stop != nil && (s.Stop.NextStep() == result.CorrectInput || s.Stop.NextStep() == result.SeeGuards) {
		return nil // that is for a person to do
	}
	if s.RolledBack != nil || s.Later != nil {
		return nil // whether the rest is to be sent is for a person to say
	}
	folder := ShellWord(s.Folder)
	left := s.Counts[result.Failed] + s.Counts[result.Unknown] + s.Counts[result.Pending] + s.Counts[result.NotAttempted]
	open := left > 0 || unsettled(s)
	resume := resuming(folder, s.Run.Saved)
	switch {
	case PlansAgain(s):
		return []Step{planAgain(s)}
	case s.Lost: // a plan that was made is not recorded either
		return afterStop(s, resume, folder)
	case s.Run.DryRun && s.Counts[result.Planned] > 0:
		return []Step{{"Apply exactly this plan, once it is agreed", "bulknum apply --" + option.Plan + " " + folder}}
	case len(s.Waves) > 0 && !s.Waves[len(s.Waves)-1].Passed:
		return afterWave(s, resume, folder)
	case s.Stop == nil && s.GateAgainst() != "":
		return afterGate(open, resume, folder)
	case !open:
		return nil
	case s.Stop != nil:
		return afterStop(s, resume, folder)
	default:
		return afterRows(s, left, resume, folder)
	}
}

// unsettled reports whether something is left to be found out or recorded of a run, whatever its rows are known to be: what
// the store did not take, a wave that has not ended, a number that could not be read back.
func unsettled(s *runs.Summary) bool {
	_, unreadable := s.ReadBack()
	return s.State == runs.Crashed || s.Stop != nil && s.Stop.Reason == result.StoppedByDisk || s.Lost ||
		len(s.WavesLeft) > 0 || unreadable > 0
}

// afterRows are the next steps of a run that came to its end with rows that are not in
// sync. What the API refuses for good is not sent again, but corrected.
func afterRows(s *runs.Summary, left int, resume, folder string) []Step {
	var steps []Step
	switch {
	case s.Counts[result.Failed] > s.Permanent:
		steps = append(steps, Step{"Try again the rows that failed or are unknown", resume + " --" + option.RetryFailed})
	case left > s.Permanent, unsettled(s):
		steps = append(steps, Step{resumeIt, resume})
	}
	return append(steps, correctRows(s, folder)...)
}

// correctRows is the next step for rows that the API refuses for good, if there are any.
func correctRows(s *runs.Summary, folder string) []Step {
	if s.Permanent == 0 {
		return nil
	}
	return []Step{{
		"Correct the rows that the API refuses for good, in a file of the failed ones, and apply that",
		"bulknum report " + folder + " --" + option.Status + " " + string(result.Failed) + " --" + option.AsInput + " > failed.csv",
	}}
}

// planAgain is the next step after a plan that would be refused: its guards hold for what
// is made of it, so that another one is needed.
func planAgain(s *runs.Summary) Step {
	command := "bulknum plan " + ShellWord(s.Run.Source)
	if s.Run.RollbackOf != "" {
		command = "bulknum rollback " + ShellWord(s.Run.RollbackOf) + " --" + option.DryRun
	}
	var allow []string
	for _, r := range guard.Refusals(s.Guards, false) {
		flag := Allowing(r)
		if flag == "" || r.Guard == guard.ExpectAccount {
			return Step{"Correct what the guards refuse, and plan again, with the other options as they were", command}
		}
		if !slices.Contains(allow, flag) {
			allow = append(allow, flag)
		}
	}
	return Step{
		"If it is meant so, plan again with this allowed, and the other options as they were",
		command + " " + strings.Join(allow, " "),
	}
}

// What the most frequent steps do.
const (
	resumeIt = "Resume where the run stopped; what is done is not sent again"
	rollBack = "Roll back what was done"
)

// afterStop are the next steps from where a run stopped, by the reason.
func afterStop(s *runs.Summary, resume, folder string) []Step {
	next := s.Stop.NextStep()
	if cure := cures[next]; cure.check {
		return []Step{{Capital(cure.text), check}, {resumeIt, resume}}
	}
	switch next {
	case result.RenewToken:
		return []Step{{Capital(cures[next].text) + "; then resume", resume}}
	case result.RollBackInTime:
		return afterReserve(s, folder)
	case result.SeeTaker:
		return []Step{{"See what became of the run, which another process took over", "bulknum report " + folder}, {resumeIt, resume}}
	case result.MoveDeadline:
		return []Step{{"Resume with a later deadline, or with none; what is done is not sent again", resume + " --" + option.Deadline + " TIME"}}
	case result.ResumeOrRollBack:
		if len(s.Waves) > 0 {
			return []Step{{resumeIt, resume}, {rollBack, "bulknum rollback " + folder}}
		}
	}
	return []Step{{resumeIt, resume}}
}

// afterWave are the next steps from a wave that did not pass: again, on in spite of
// it, and back.
func afterWave(s *runs.Summary, resume, folder string) []Step {
	var steps []Step
	if s.Counts[result.Failed] > s.Permanent {
		steps = append(steps, Step{"Try the failed rows again, and continue if the wave passes then", resume + " --" + option.RetryFailed})
	}
	steps = append(steps, correctRows(s, folder)...)
	return append(steps,
		Step{"Resume although the wave did not pass", fmt.Sprintf("%s --"+option.WaveFailures+" %d", resume, s.Waves[len(s.Waves)-1].Bad())},
		Step{rollBack, "bulknum rollback " + folder})
}

// afterGate are the next steps where the gate failed after the last wave.
func afterGate(open bool, resume, folder string) []Step {
	back := Step{rollBack, "bulknum rollback " + folder}
	if !open {
		return []Step{back}
	}
	return []Step{back, {resumeIt, resume}}
}

// afterReserve are the next steps from the point of no return.
func afterReserve(s *runs.Summary, folder string) []Step {
	saved := s.Run.Saved
	saved.ReserveRollback = nil
	return []Step{
		{rollBack, "bulknum rollback " + folder},
		{"Resume, although a rollback would not end before the deadline", resuming(folder, saved) + " --" + option.ReserveRollback + "=false"},
	}
}

// resuming is the command that resumes a run: its safeguards must be given again,
// its saved options are used by themselves.
func resuming(folder string, saved runs.SavedOptions) string {
	command := "bulknum resume " + folder
	if saved.ConfirmWaves != nil && *saved.ConfirmWaves {
		command += " --" + option.ConfirmWaves
	}
	if saved.Gate != nil && *saved.Gate != "" {
		command += " --" + option.Gate + " " + ShellWord(*saved.Gate)
	}
	if saved.ReserveRollback != nil && *saved.ReserveRollback {
		command += " --" + option.ReserveRollback
	}
	return command
}
