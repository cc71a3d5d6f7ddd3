package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
)

// planRows reads plan.jsonl. A file that is damaged is an error.
func planRows(dir *rundir.Dir) iter.Seq2[PlanRow, error] {
	return readPlan(dir, func(line []byte) (p PlanRow, wanted bool, err error) {
		err = json.Unmarshal(line, &p)
		return p, true, err
	})
}

// planHeads is [planRows] without the changes and errors of rows that have no
// preconditions, several times as fast.
func planHeads(dir *rundir.Dir) iter.Seq2[PlanRow, error] {
	return readPlan(dir, func(line []byte) (PlanRow, bool, error) {
		p, err := headOf(line)
		return p, true, err
	})
}

// planRowsOf is [planRows] with those rows only whose head is wanted.
func planRowsOf(dir *rundir.Dir, wanted func(PlanRow) bool) iter.Seq2[PlanRow, error] {
	return readPlan(dir, func(line []byte) (PlanRow, bool, error) {
		p, err := headOf(line)
		if err != nil || !wanted(p) {
			return p, false, err
		}
		err = json.Unmarshal(line, &p)
		return p, true, err
	})
}

// readPlan reads the lines of plan.jsonl.
func readPlan(dir *rundir.Dir, read func(line []byte) (p PlanRow, wanted bool, err error)) iter.Seq2[PlanRow, error] {
	return func(yield func(PlanRow, error) bool) {
		n := 0
		for line, err := range rundir.ReadLines(dir.File(rundir.PlanFile)) {
			var p PlanRow
			wanted := true
			if n++; err == nil {
				p, wanted, err = read(line)
			}
			if err != nil {
				err = fmt.Errorf("%s: row %d: %w", rundir.PlanFile, n, err)
			}
			if (wanted || err != nil) && !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// preconditions begin those of a row in plan.jsonl.
var preconditions = []byte(`"if":{`)

// headOf reads a row of the plan without its changes and error. What it does not
// find, and a row with preconditions, is left to the whole reading.
func headOf(line []byte) (p PlanRow, err error) {
	status, ok1 := member(line, "status")
	number, ok2 := member(line, "number")
	at, err1 := strconv.Atoi(text(member(line, "line")))
	p = PlanRow{Line: at, Number: number, Status: Status(status)}
	whole := ok1 && ok2 && err1 == nil && line[len(line)-1] == '\n' && !bytes.Contains(line, preconditions)
	if same, ok := member(line, "sameAs"); ok && whole {
		p.SameAs, err = strconv.Atoi(same)
	}
	if read, ok := member(line, "readAt"); ok && whole && err == nil {
		p.ReadAt, err = time.Parse(time.RFC3339Nano, read)
	}
	if whole && err == nil {
		return p, nil
	}
	p = PlanRow{}
	err = json.Unmarshal(line, &p)
	return p, err
}
