package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/text"
	"github.com/bulknum/bulknum/report/words"
)

// confirm asks a person for the go-ahead, unless --yes gave it or nothing real
// would change.
func (a *app) confirm(ctx context.Context, q batch.Question, yes bool) error {
	if yes || q.Sandbox || q.Updates == 0 {
		return nil
	}
	if !a.InTerminal {
		return fmt.Errorf("%w: %w", errNobody, q.Declined())
	}
	fmt.Fprintln(a.Err)
	if q.Updates == q.Plan.Updates() { // what is left of them has shapes of its own
		if err := text.Shapes(a.Err, q.Plan); err != nil {
			return err
		}
	}
	switch agreed, err := a.typedYes(ctx, fmt.Sprintf("\n%s\nType yes to send them: ", question(q))); {
	case err != nil:
		return err
	case !agreed:
		return q.Declined()
	default:
		return nil
	}
}

// confirmWave asks a person whether the next wave may begin.
func (a *app) confirmWave(ctx context.Context, ended event.WaveEnded) error {
	fmt.Fprintln(a.Err)
	if err := text.Wave(a.Err, ended); err != nil {
		return err
	}
	agreed, err := a.typedYes(ctx, fmt.Sprintf("Type yes to continue with wave %d of %d: ", ended.N+1, ended.Of))
	if err == nil && !agreed {
		return result.ErrDeclined
	}
	return err
}

// typedYes asks a person on the terminal, and returns whether the answer is yes.
func (a *app) typedYes(ctx context.Context, question string) (bool, error) {
	if a.keyboard == nil {
		a.keyboard = newKeyboard(a.Streams)
	}
	a.keyboard.ready()
	fmt.Fprint(a.Err, question)
	if a.inJSON() {
		fmt.Fprintln(a.Err) // a line that has no end is not shown
	}
	given, err := a.keyboard.answer(ctx)
	if err != nil {
		fmt.Fprintln(a.Err) // the question is answered elsewhere, or is none any more
	}
	return strings.EqualFold(given, "yes"), err
}

// question names the account, the address and the counts.
func question(q batch.Question) string {
	asked := fmt.Sprintf("%s to %s, account %s, at %s: about %s.",
		counted(q.Updates, "update", "updates"), q.API, q.Account, q.Rate, words.Duration(q.Takes))
	if q.Nights != nil {
		asked += " " + words.Capital(words.Nights(q.Nights)) + "."
	}
	if q.SecondPass != nil {
		asked += " " + words.Capital(q.SecondPass.String()) + "."
	}
	if q.RollbackOf != "" {
		asked = "Rollback of " + q.RollbackOf + ": " + asked
	}
	asked += "\nIt is recorded in " + q.Store
	if q.Last != "" {
		asked += fmt.Sprintf(", where the job's last run is %s of %s.", q.Last, q.LastAt.Local().Format("2006-01-02 15:04 MST"))
	} else {
		asked += ", which has no run of this job yet."
	}
	if q.Counts.Invalid > 0 {
		asked += "\n" + counted(q.Counts.Invalid, "invalid row is left out.", "invalid rows are left out.")
	}
	if q.Counts.Duplicate > 0 {
		asked += "\n" + counted(q.Counts.Duplicate, "row repeats another and is sent once.", "rows repeat another and are sent once.")
	}
	if n := len(q.Plan.Waves); n > 0 {
		asked += fmt.Sprintf("\nThey are sent in %s, the first of %s.", counted(n, "wave", "waves"), counted(q.Plan.Waves[0].Rows, "row", "rows"))
	}
	if q.RollbackWindow != nil {
		asked += "\n" + strings.Join(words.RollbackWindow(*q.RollbackWindow), "\n")
	}
	return asked
}

// counted is a number with the words for one or for many.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return words.Count(n) + " " + many
}
