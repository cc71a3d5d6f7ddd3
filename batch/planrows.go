package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// planTable is what each row of a run would do, in the store.
type planTable struct {
	store store.Store
	run   store.RunID
}

// rows gives all of it. A row that is damaged is an error.
func (t planTable) rows() iter.Seq2[PlanRow, error] {
	return t.read(func(doc []byte) (p PlanRow, wanted bool, err error) {
		err = json.Unmarshal(doc, &p)
		return p, true, err
	})
}

// heads is [planTable.rows] without the changes and errors of rows that have no
// preconditions, several times as fast.
func (t planTable) heads() iter.Seq2[PlanRow, error] {
	return t.read(func(doc []byte) (PlanRow, bool, error) {
		p, err := headOf(doc)
		return p, true, err
	})
}

// rowsOf is [planTable.rows] with those rows only whose head is wanted.
func (t planTable) rowsOf(wanted func(PlanRow) bool) iter.Seq2[PlanRow, error] {
	return t.read(func(doc []byte) (PlanRow, bool, error) {
		p, err := headOf(doc)
		if err != nil || !wanted(p) {
			return p, false, err
		}
		p = PlanRow{}
		err = json.Unmarshal(doc, &p)
		return p, true, err
	})
}

// read reads the rows. It has no context of its own: what runs on it ends by
// itself when the run stops.
func (t planTable) read(decode func(doc []byte) (p PlanRow, wanted bool, err error)) iter.Seq2[PlanRow, error] {
	return func(yield func(PlanRow, error) bool) {
		n := 0
		for doc, err := range t.store.PlanRows(context.Background(), t.run) {
			var p PlanRow
			wanted := true
			if n++; err == nil {
				p, wanted, err = decode(doc)
			}
			if err != nil {
				err = fmt.Errorf("the plan, row %d: %w", n, err)
			}
			if (wanted || err != nil) && !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// preconditions begin those of a row's document.
var preconditions = []byte(`"if":{`)

// headOf reads a row of the plan without its changes and error. What it does not
// find, and a row with preconditions, is left to the whole reading.
func headOf(doc []byte) (p PlanRow, err error) {
	status, ok1 := member(doc, "status")
	number, ok2 := member(doc, "number")
	at, err1 := strconv.Atoi(text(member(doc, "line")))
	p = PlanRow{Line: at, Number: number, Status: result.Status(status)}
	whole := ok1 && ok2 && err1 == nil && !bytes.Contains(doc, preconditions)
	if same, ok := member(doc, "sameAs"); ok && whole {
		p.SameAs, err = strconv.Atoi(same)
	}
	if read, ok := member(doc, "readAt"); ok && whole && err == nil {
		p.ReadAt, err = time.Parse(time.RFC3339Nano, read)
	}
	if whole && err == nil {
		return p, nil
	}
	p = PlanRow{}
	err = json.Unmarshal(doc, &p)
	return p, err
}

// blockRows is how many rows of a plan the store keeps together: few enough that
// one row is found quickly, enough that they compress well.
const blockRows = 256

// planWriter writes a plan into the store, block by block.
type planWriter struct {
	record func(...store.Record) error
	block  store.PlanBlock
	begun  bool
}

// add takes a row.
func (w *planWriter) add(p PlanRow) error {
	var doc bytes.Buffer
	encoder := json.NewEncoder(&doc)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p); err != nil {
		return err
	}
	w.block.Rows = append(w.block.Rows, store.PlanLine{Line: p.Line, Number: p.Number, Doc: bytes.TrimSuffix(doc.Bytes(), []byte("\n"))})
	if len(w.block.Rows) < blockRows {
		return nil
	}
	return w.flush()
}

// flush commits what was added since the last time.
func (w *planWriter) flush() error {
	if w.begun && len(w.block.Rows) == 0 {
		return nil
	}
	block := w.block
	block.First = !w.begun
	w.begun, w.block = true, store.PlanBlock{}
	return w.record(&block)
}
