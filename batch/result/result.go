// Package result is the result of a row, what became of it, and the [Stop] of a run,
// why it ended early: with the one table of reasons.
package result

import (
	"fmt"
	"time"
)

// Result is what became of one row.
type Result struct {
	// Row counts the records of the input from 1; Line is the line of the
	// run's copy on which the record begins.
	Row  int `json:"row"`
	Line int `json:"line"`
	// Number is the phone number, E.164; of an invalid row, as it was written.
	Number string `json:"number"`
	Status Status `json:"status"`
	// UpdateOrderId, UpdateOrderStatus and UpdateOrderDate are the answer's, in
	// the API's words and spelling.
	UpdateOrderId     string `json:"updateOrderId,omitempty"`
	UpdateOrderStatus string `json:"updateOrderStatus,omitempty"`
	UpdateOrderDate   string `json:"updateOrderDate,omitempty"`
	// HTTPStatus is the last answer's status code; 0 when there was none.
	HTTPStatus int `json:"httpStatus,omitempty"`
	// Attempts counts the update requests that were sent for the row.
	Attempts int `json:"attempts"`
	// Changes are the settings that were sent.
	Changes string `json:"changes,omitempty"`
	// Error says why the row is not updated, or what is to be known of it.
	Error string `json:"error,omitempty"`
	// Permanent tells of a failed row that it would fail again, whenever it is sent: the
	// API refuses what it asks for.
	Permanent bool `json:"permanent,omitempty"`
	// StartedAt is when the first request left; zero when none did.
	StartedAt time.Time `json:"startedAt,omitzero"`
	// DurationMs is the time from then to the answer, in milliseconds.
	DurationMs int64 `json:"durationMs,omitempty"`
}

// LateAnswer is an answer that could not be recorded as a row's result any more, because somebody else carries the run out.
// It is evidence, and decides nothing: the row's result is what the successor found.
type LateAnswer struct {
	// Host and PID say which process got the answer.
	Host string `json:"host"`
	PID  int    `json:"pid"`
	// Result is what it would have recorded.
	Result Result `json:"result"`
}

// Done reports whether the row was finished by an attempt, rather than stopped
// before one.
func (r Result) Done() bool { return r.Status != NotAttempted }

// Place is where a row is: the line of the file on which it begins, and which row that is.
func Place(line, row int) string { return fmt.Sprintf("line %d (row %d)", line, row) }

// AreInvalid says how many of so many rows are invalid, such as 1 of 2 rows is invalid.
func AreInvalid(n, of int) string {
	rows, are := "rows", "are"
	if of == 1 {
		rows = "row"
	}
	if n == 1 {
		are = "is"
	}
	return fmt.Sprintf("%d of %d %s %s invalid", n, of, rows, are)
}
