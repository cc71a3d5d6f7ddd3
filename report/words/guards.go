package words

import (
	"cmp"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/runs"
)

// guardFlags are the flags of guards that are set by more than the flag of their
// name.
var guardFlags = map[guard.Guard]string{
	guard.RoutesRead:      "--" + option.CheckRoutes + "=false",
	guard.SubscribersRead: "--" + option.CheckSubscribers + "=false",
	guard.Fit:             "a later --" + option.Deadline + ", or no --" + option.RequireFit,
	guard.AfterLater:      "resume --" + option.AfterLater + ", which leaves those rows as they are and sends the others",
	guard.Clear:           "--" + option.AllowClear,
}

// Guard is the flag that sets a guard, as internal/cli defines it; "": none does.
func Guard(g guard.Guard) string {
	if g == "" {
		return ""
	}
	return cmp.Or(guardFlags[g], "--"+string(g))
}

// Allowing is what lets a run through that was refused; "": nothing does.
func Allowing(r guard.Refusal) string {
	switch {
	case r.Guard == guard.Protect:
		return ""
	case r.Guard == guard.Gate:
		return "--" + option.Gate + " " + ShellWord(r.Allow) + ", or --" + option.Gate + " true"
	case r.Guard == guard.ConfirmWaves, r.Guard == guard.ReserveRollback:
		return Guard(r.Guard) + ", or " + Guard(r.Guard) + "=false"
	case r.Allow != "":
		return Guard(r.Guard) + " " + r.Allow
	default:
		return Guard(r.Guard)
	}
}

// Advice is what helps besides what lets a refused run through; "": nothing is known to.
func Advice(r guard.Refusal) string {
	switch {
	case r.Guard == guard.Protect:
		return "what " + Guard(r.Guard) + " lists is not changed: take the rows out of the file, or the numbers out of the list"
	case r.Guard == guard.FreeSpace:
		return "bulknum runs prune frees space"
	case r.Applied != "":
		run := ShellWord(r.Applied)
		return "what became of it: bulknum report " + run + "; what is left of it: bulknum resume " + run
	case r.Plan != "":
		return "carry it out: bulknum apply --" + option.Plan + " " + ShellWord(r.Plan)
	default:
		return ""
	}
}

// BringBack is what helps where a run was packed away.
func BringBack(e *runs.ArchivedError) string {
	return "bulknum runs restore " + ShellWord(e.Name) + " brings it back; what is in it can be read with: tar --zstd -xf " + ShellWord(e.Path)
}
