package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/report"
)

// errNobody is why a question was not even asked.
var errNobody = errors.New("no --yes and nobody to ask")

// confirm asks a person for the go-ahead, unless --yes gave it or nothing real
// would change.
func (a *app) confirm(ctx context.Context, q batch.Question, yes bool) error {
	if yes || q.Sandbox || q.Plan.Budget.Updates == 0 {
		return nil
	}
	if !a.InTerminal {
		return fmt.Errorf("%w: %w", errNobody, batch.ErrDeclined)
	}
	fmt.Fprintln(a.Err)
	if err := report.Shapes(a.Err, q.Plan); err != nil {
		return err
	}
	switch agreed, err := a.typedYes(ctx, fmt.Sprintf("\n%s\nType yes to send them: ", question(q))); {
	case err != nil:
		return err
	case !agreed:
		return batch.ErrDeclined
	default:
		return nil
	}
}

// typedYes asks a person on the terminal, and returns whether the answer is yes.
func (a *app) typedYes(ctx context.Context, question string) (bool, error) {
	fmt.Fprint(a.Err, question)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.In).ReadString('\n') // no line is no yes
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case text := <-answer:
		return strings.EqualFold(text, "yes"), nil
	}
}

// question names the account, the address and the counts.
func question(q batch.Question) string {
	b := q.Plan.Budget
	takes := time.Duration(b.TakesMs) * time.Millisecond
	text := fmt.Sprintf("%s to %s, account %s, at %s: about %s.",
		counted(b.Updates, "update", "updates"), q.API, q.Account, q.Rate, report.Duration(takes))
	if q.Counts.Invalid > 0 {
		text += "\n" + counted(q.Counts.Invalid, "invalid row is left out.", "invalid rows are left out.")
	}
	if q.Counts.Duplicate > 0 {
		text += "\n" + counted(q.Counts.Duplicate, "row repeats another and is sent once.", "rows repeat another and are sent once.")
	}
	return text
}

// counted is a number with the words for one or for many.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return report.Count(n) + " " + many
}
