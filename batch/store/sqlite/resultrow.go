package sqlite

import (
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// resultRow is a row of the table of results.
type resultRow struct {
	sequence, run, line, row        int64
	number, status                  string
	orderID, orderStatus, orderDate string
	httpStatus, attempts            int64
	changes, fault                  string
	startedAt, durationMs           int64
	settings                        string
	at, crc                         int64
}

// resultColumns are what scan reads; of an outer join they may all be NULL, which
// is sequence 0.
const resultColumns = `coalesce(r.sequence, 0), coalesce(r.run, 0), coalesce(r.line, 0), coalesce(r.row, 0), coalesce(r.number, ''), coalesce(r.status, ''),
	coalesce(r.update_order_id, ''), coalesce(r.update_order_status, ''), coalesce(r.update_order_date, ''), coalesce(r.http_status, 0), coalesce(r.attempts, 0),
	coalesce(r.changes, ''), coalesce(r.error, ''), coalesce(r.started_at, 0), coalesce(r.duration_ms, 0), coalesce(r.settings, ''), coalesce(r.at, 0), coalesce(r.crc, 0)`

// columns are where resultColumns are scanned to.
func (r *resultRow) columns() []any {
	return []any{&r.sequence, &r.run, &r.line, &r.row, &r.number, &r.status, &r.orderID, &r.orderStatus, &r.orderDate, &r.httpStatus, &r.attempts,
		&r.changes, &r.fault, &r.startedAt, &r.durationMs, &r.settings, &r.at, &r.crc}
}

// from takes a result, cleaned.
func (r *resultRow) from(p *store.Result) {
	r.line, r.row, r.number, r.status = int64(p.Line), int64(p.Row), clean(p.Number), clean(string(p.Status))
	r.orderID, r.orderStatus, r.orderDate = clean(p.UpdateOrderId), clean(p.UpdateOrderStatus), clean(p.UpdateOrderDate)
	r.httpStatus, r.attempts, r.changes, r.fault = int64(p.HTTPStatus), int64(p.Attempts), clean(p.Changes), clean(p.Error)
	r.startedAt, r.durationMs, r.settings, r.at = micros(p.StartedAt), p.DurationMs, clean(p.Settings), micros(p.At)
}

// result is what from took.
func (r *resultRow) result() store.Result {
	return store.Result{Sequence: store.Sequence(r.sequence), At: moment(r.at), Settings: r.settings, Result: result.Result{
		Row: int(r.row), Line: int(r.line), Number: r.number, Status: result.Status(r.status),
		UpdateOrderId: r.orderID, UpdateOrderStatus: r.orderStatus, UpdateOrderDate: r.orderDate,
		HTTPStatus: int(r.httpStatus), Attempts: int(r.attempts), Changes: r.changes, Error: r.fault,
		StartedAt: moment(r.startedAt), DurationMs: r.durationMs,
	}}
}

// whole reports whether it is as it was written.
func (r *resultRow) whole() bool { return r.crc == r.sum() }

// sum is the row's checksum.
func (r *resultRow) sum() int64 {
	return new(checksum).int(r.sequence, r.run, r.line, r.row, r.httpStatus, r.attempts, r.startedAt, r.durationMs, r.at).
		text(r.number, r.status, r.orderID, r.orderStatus, r.orderDate, r.changes, r.fault, r.settings).sum()
}

// newResultRow is a result as it is entered.
func newResultRow(p *store.Result, run store.RunID) *resultRow {
	r := &resultRow{sequence: int64(p.Sequence), run: int64(run)}
	r.from(p)
	return r
}

// record is the row as resultsTable has it.
func (r *resultRow) record() record {
	return record{r.sequence, r.run, r.line, r.row, r.number, r.status, r.orderID, r.orderStatus, r.orderDate,
		r.httpStatus, r.attempts, r.changes, r.fault, r.startedAt, r.durationMs, r.settings, r.at, r.sum()}
}

func sumOfResult(r record) int64 {
	row := resultRow{
		sequence: r.int(0), run: r.int(1), line: r.int(2), row: r.int(3), number: r.text(4), status: r.text(5),
		orderID: r.text(6), orderStatus: r.text(7), orderDate: r.text(8), httpStatus: r.int(9), attempts: r.int(10),
		changes: r.text(11), fault: r.text(12), startedAt: r.int(13), durationMs: r.int(14), settings: r.text(15), at: r.int(16),
	}
	return row.sum()
}
