package progress

import (
	"time"

	"github.com/bulknum/bulknum/batch/result"
)

// RowState is a row that came to an end.
type RowState struct {
	At            time.Time     `json:"at"`
	Row           int           `json:"row"`
	Line          int           `json:"line"`
	Number        string        `json:"number"`
	Status        result.Status `json:"status"`
	UpdateOrderId string        `json:"updateOrderId,omitempty"`
	HTTPStatus    int           `json:"httpStatus,omitempty"`
	Attempts      int           `json:"attempts"`
	Changes       string        `json:"changes,omitempty"`
	Error         string        `json:"error,omitempty"`
	StartedAt     time.Time     `json:"startedAt,omitzero"`
	DurationMs    int64         `json:"durationMs,omitempty"`
}

// RowStateOf is a result that came at a moment.
func RowStateOf(at time.Time, r result.Result) RowState {
	return RowState{
		At: at, Row: r.Row, Line: r.Line, Number: r.Number, Status: r.Status, UpdateOrderId: r.UpdateOrderId,
		HTTPStatus: r.HTTPStatus, Attempts: r.Attempts, Changes: r.Changes, Error: r.Error,
		StartedAt: r.StartedAt, DurationMs: r.DurationMs,
	}
}
