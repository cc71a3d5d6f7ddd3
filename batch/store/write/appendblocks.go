package write

import (
	"bytes"
	"encoding/binary"
	"encoding/json"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

// packedMilestone is a milestone with its waves packed.
type packedMilestone struct {
	*store.Milestone
	waves []byte
}

func packMilestone(r *store.Milestone) (packed, error) {
	p := packedMilestone{Milestone: r}
	if len(r.Waves) == 0 {
		return p, nil
	}
	var err error
	p.waves, err = record.PackWaves(r.Waves)
	return p, err
}

func (p packedMilestone) enter(t *Tx, run store.RunID, _ int64) error {
	p.Sequence = t.Next()
	if p.Kind == store.Planned {
		if err := t.endPlan(run); err != nil {
			return err
		}
	}
	kind, doc := record.Clean(string(p.Kind)), record.Clean(string(p.Doc))
	crc := record.MilestoneSum(int64(p.Sequence), int64(run), record.Micros(p.At), kind, doc, p.waves)
	var waves any
	if p.waves != nil {
		waves = p.waves
	}
	return t.Exec("INSERT INTO milestones (sequence, run, kind, at, doc, waves, crc) VALUES (?, ?, ?, ?, ?, ?, ?)",
		int64(p.Sequence), int64(run), kind, record.Micros(p.At), record.DocumentColumn(p.Doc), waves, crc)
}

// endPlan notes how many blocks the plan has. What was read for it stays.
func (t *Tx) endPlan(run store.RunID) error {
	var blocks int64
	if err := t.Row("SELECT count(*) FROM plan_numbers WHERE run = ?", int64(run)).Scan(&blocks); err != nil {
		return err
	}
	return t.Exec(enterPlanEnd, int64(run), blocks, record.PlanEndSum(int64(run), blocks))
}

// packedPlan is a block of a plan.
type packedPlan struct {
	first            bool
	rows, from, to   int64
	numbers, content []byte
}

func packPlanBlock(r *store.PlanBlock) (packed, error) {
	p := packedPlan{first: r.First, rows: int64(len(r.Rows))}
	size := 0
	for _, row := range r.Rows {
		size += len(row.Doc) + binary.MaxVarintLen32
	}
	f := record.Frames{Content: make([]byte, 0, size)}
	codes := make([]int64, 0, len(r.Rows))
	for _, row := range r.Rows {
		f.Add(row.Doc)
		codes = append(codes, record.NumberCode(record.Clean(row.Number)))
	}
	if len(r.Rows) > 0 {
		p.from, p.to = int64(r.Rows[0].Line), int64(r.Rows[len(r.Rows)-1].Line)
	}
	p.numbers = record.PackNumbers(codes)
	var err error
	p.content, err = record.Compress(f.Content)
	return p, err
}

func (p packedPlan) enter(t *Tx, run store.RunID, _ int64) error {
	if p.first {
		for _, table := range []string{"plan_ends", "plan_blocks", "plan_numbers"} {
			if err := t.Exec("DELETE FROM "+table+" WHERE run = ?", int64(run)); err != nil {
				return err
			}
		}
	}
	if p.rows == 0 {
		return nil
	}
	n, err := t.nextN("plan_blocks", run)
	if err != nil {
		return err
	}
	err = t.Exec("INSERT INTO plan_blocks (run, n, first_line, last_line, row_count, content, crc) VALUES (?, ?, ?, ?, ?, ?, ?)",
		int64(run), n, p.from, p.to, p.rows, p.content, record.PlanSum(int64(run), n, p.from, p.to, p.rows, p.content))
	if err != nil {
		return err
	}
	return t.Exec("INSERT INTO plan_numbers (run, n, numbers, crc) VALUES (?, ?, ?, ?)",
		int64(run), n, p.numbers, record.BlockSum(int64(run), n, 0, p.numbers))
}

// packedReadings are readings of one phase, or more: each phase is a block.
type packedReadings struct {
	anew   bool
	blocks []phaseBlock
}

type phaseBlock struct {
	phase   int64
	content []byte
}

// packReadings makes blocks of readings, JSON lines, one for each stretch of the
// same phase.
func packReadings(r *store.Readings) (packed, error) {
	p := packedReadings{anew: r.Anew}
	for rest := r.Readings; len(rest) > 0; {
		var lines bytes.Buffer
		encoder := json.NewEncoder(&lines)
		encoder.SetEscapeHTML(false)
		phase, n := rest[0].Phase, 0
		for n < len(rest) && rest[n].Phase == phase {
			if err := encoder.Encode(&rest[n]); err != nil {
				return nil, err
			}
			n++
		}
		content, err := record.Compress(lines.Bytes())
		if err != nil {
			return nil, err
		}
		p.blocks = append(p.blocks, phaseBlock{int64(phase), content})
		rest = rest[n:]
	}
	return p, nil
}

func (p packedReadings) enter(t *Tx, run store.RunID, _ int64) error {
	if p.anew {
		if err := t.Exec("DELETE FROM reading_blocks WHERE run = ? AND phase = ?", int64(run), int64(store.ForPlan)); err != nil {
			return err
		}
	}
	for _, b := range p.blocks {
		n, err := t.nextN("reading_blocks", run)
		if err != nil {
			return err
		}
		err = t.Exec("INSERT INTO reading_blocks (run, n, phase, content, crc) VALUES (?, ?, ?, ?, ?)",
			int64(run), n, b.phase, b.content, record.BlockSum(int64(run), n, b.phase, b.content))
		if err != nil {
			return err
		}
	}
	return nil
}

// packedRequests is a block of requests.
type packedRequests struct{ content []byte }

func packRequests(r *store.Requests) (packed, error) {
	var f record.Frames
	for _, request := range r.Requests {
		f.AddInt(record.Micros(request.At))
		f.Add(request.Doc)
	}
	content, err := record.Compress(f.Content)
	return packedRequests{content}, err
}

func (p packedRequests) enter(t *Tx, run store.RunID, _ int64) error {
	n, err := t.nextN("request_blocks", run)
	if err != nil {
		return err
	}
	return t.Exec("INSERT INTO request_blocks (run, n, content, crc) VALUES (?, ?, ?, ?)", int64(run), n, p.content, record.BlockSum(int64(run), n, 0, p.content))
}
