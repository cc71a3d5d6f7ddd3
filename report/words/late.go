package words

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/result"
)

// Outcome is what became of a row, with its order.
func Outcome(r result.Result) string {
	text := string(r.Status)
	if r.UpdateOrderId != "" {
		text += ", order " + r.UpdateOrderId
		if r.UpdateOrderStatus != "" {
			text += " " + r.UpdateOrderStatus
		}
	}
	if r.Error != "" {
		text += ": " + r.Error
	}
	return text
}

// LateAnswer is an answer that came to a process which did not have the run any more.
func LateAnswer(a result.LateAnswer) string {
	return fmt.Sprintf("answered to pid %d on %s after the run was taken over: %s", a.PID, a.Host, Outcome(a.Result))
}

// LateAnswers are those of a run, each with its row.
func LateAnswers(all []result.LateAnswer) []string {
	var lines []string
	for _, a := range all {
		lines = append(lines, fmt.Sprintf("%s, %s: %s", result.Place(a.Result.Line, a.Result.Row), Number(a.Result.Number), LateAnswer(a)))
	}
	return lines
}
