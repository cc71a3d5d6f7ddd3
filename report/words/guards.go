package words

import (
	"cmp"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/option"
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
