package record

import (
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// ResultRow is a row of the table of results.
type ResultRow struct {
	Sequence, Run, Line, row        int64
	number, Status                  string
	orderID, orderStatus, orderDate string
	httpStatus, attempts            int64
	changes, fault                  string
	startedAt, durationMs           int64
	settings                        string
	At, crc                         int64
}

// ResultColumns are what scan reads; of an outer join they may all be NULL, which
// is sequence 0.
const ResultColumns = `coalesce(r.sequence, 0), coalesce(r.run, 0), coalesce(r.line, 0), coalesce(r.row, 0), coalesce(r.number, ''), coalesce(r.status, ''),
	coalesce(r.update_order_id, ''), coalesce(r.update_order_status, ''), coalesce(r.update_order_date, ''), coalesce(r.http_status, 0), coalesce(r.attempts, 0),
	coalesce(r.changes, ''), coalesce(r.error, ''), coalesce(r.started_at, 0), coalesce(r.duration_ms, 0), coalesce(r.settings, ''), coalesce(r.at, 0), coalesce(r.crc, 0)`

// Columns are where resultColumns are scanned to.
func (r *ResultRow) Columns() []any {
	return []any{&r.Sequence, &r.Run, &r.Line, &r.row, &r.number, &r.Status, &r.orderID, &r.orderStatus, &r.orderDate, &r.httpStatus, &r.attempts,
		&r.changes, &r.fault, &r.startedAt, &r.durationMs, &r.settings, &r.At, &r.crc}
}

// from takes a result, cleaned.
func (r *ResultRow) from(p *store.Result) {
	r.Line, r.row, r.number, r.Status = int64(p.Line), int64(p.Row), Clean(p.Number), Clean(string(p.Status))
	r.orderID, r.orderStatus, r.orderDate = Clean(p.UpdateOrderId), Clean(p.UpdateOrderStatus), Clean(p.UpdateOrderDate)
	r.httpStatus, r.attempts, r.changes, r.fault = int64(p.HTTPStatus), int64(p.Attempts), Clean(p.Changes), Clean(p.Error)
	r.startedAt, r.durationMs, r.settings, r.At = Micros(p.StartedAt), p.DurationMs, Clean(p.Settings), Micros(p.At)
}

// Result is what from took.
func (r *ResultRow) Result() store.Result {
	return store.Result{Sequence: store.Sequence(r.Sequence), At: Moment(r.At), Settings: r.settings, Result: result.Result{
		Row: int(r.row), Line: int(r.Line), Number: r.number, Status: result.Status(r.Status),
		UpdateOrderId: r.orderID, UpdateOrderStatus: r.orderStatus, UpdateOrderDate: r.orderDate,
		HTTPStatus: int(r.httpStatus), Attempts: int(r.attempts), Changes: r.changes, Error: r.fault,
		StartedAt: Moment(r.startedAt), DurationMs: r.durationMs,
	}}
}

// Whole reports whether it is as it was written.
func (r *ResultRow) Whole() bool { return r.crc == r.sum() }

// sum is the row's checksum.
func (r *ResultRow) sum() int64 {
	return new(checksum).int(r.Sequence, r.Run, r.Line, r.row, r.httpStatus, r.attempts, r.startedAt, r.durationMs, r.At).
		text(r.number, r.Status, r.orderID, r.orderStatus, r.orderDate, r.changes, r.fault, r.settings).sum()
}

// NewResultRow is a result as it is entered.
func NewResultRow(p *store.Result, run store.RunID) *ResultRow {
	r := &ResultRow{Sequence: int64(p.Sequence), Run: int64(run)}
	r.from(p)
	return r
}

// Record is the row as resultsTable has it.
func (r *ResultRow) Record() Record {
	return Record{r.Sequence, r.Run, r.Line, r.row, r.number, r.Status, r.orderID, r.orderStatus, r.orderDate,
		r.httpStatus, r.attempts, r.changes, r.fault, r.startedAt, r.durationMs, r.settings, r.At, r.sum()}
}

func sumOfResult(r Record) int64 {
	row := ResultRow{
		Sequence: r.Int(0), Run: r.Int(1), Line: r.Int(2), row: r.Int(3), number: r.Text(4), Status: r.Text(5),
		orderID: r.Text(6), orderStatus: r.Text(7), orderDate: r.Text(8), httpStatus: r.Int(9), attempts: r.Int(10),
		changes: r.Text(11), fault: r.Text(12), startedAt: r.Int(13), durationMs: r.Int(14), settings: r.Text(15), At: r.Int(16),
	}
	return row.sum()
}
