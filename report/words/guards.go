package words

import (
	"github.com/bulknum/bulknum/batch/guard"
)

// guardFlags are the flags that set guards, as internal/cli defines them.
var guardFlags = map[guard.Guard]string{
	guard.MaxChanges:    "--max-changes",
	guard.MaxInvalid:    "--max-invalid",
	guard.MaxInputAge:   "--max-input-age",
	guard.MaxShrink:     "--max-shrink",
	guard.LostColumns:   "--allow-lost-columns",
	guard.Protect:       "--protect",
	guard.ExpectAccount: "--expect-account",
	guard.RoutesRead:    "--check-routes=false",
	guard.MaxPlanAge:    "--max-plan-age",
	guard.MaxStateAge:   "--max-age",
	guard.FreeSpace:     "--ignore-free-space",
	guard.Fit:           "a later --deadline, or no --require-fit",
	guard.AfterLater:    "resume --after-later, which leaves those rows as they are and sends the others",
	guard.Clear:         "--allow-clear",

	guard.Gate:            "--gate",
	guard.ConfirmWaves:    "--confirm-waves",
	guard.ReserveRollback: "--reserve-rollback",
}

// Guard is the flag that sets a guard.
func Guard(g guard.Guard) string { return guardFlags[g] }

// Allowing is what lets a run through that was refused; "": nothing does.
func Allowing(r guard.Refusal) string {
	switch {
	case r.Guard == guard.Protect:
		return ""
	case r.Guard == guard.Gate:
		return "--gate " + ShellWord(r.Allow) + ", or --gate true"
	case r.Guard == guard.ConfirmWaves, r.Guard == guard.ReserveRollback:
		return guardFlags[r.Guard] + ", or " + guardFlags[r.Guard] + "=false"
	case r.Allow != "":
		return guardFlags[r.Guard] + " " + r.Allow
	default:
		return guardFlags[r.Guard]
	}
}
