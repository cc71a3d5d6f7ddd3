package plan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Row is what one row of the input would do: a line of plan.jsonl.
type Row struct {
	Row    int    `json:"row"`
	Line   int    `json:"line"`
	Number string `json:"number"`
	// Status is [result.Planned], [result.Unchanged], [result.Conflict] for a number
	// that does not meet the row's preconditions or must not be changed back,
	// [result.Failed] for one that the API does not know, or [result.Invalid].
	Status result.Status `json:"status"`
	// SameAs is the line of the row that this one repeats, else 0.
	SameAs int `json:"sameAs,omitempty"`
	// Wave is the wave that the input puts the row into, from 1; 0: it does not say.
	Wave int `json:"wave,omitempty"`
	// Changes are the fields that differ; of a planned row at least one.
	Changes []settings.Change `json:"changes,omitempty"`
	// If are the preconditions of a row that changes something; "" expects no
	// value.
	If settings.Settings `json:"if,omitzero"`
	// Warnings are what is odd about a row that is sent, as far as only its number's reading tells.
	Warnings []string `json:"warnings,omitempty"`
	// Error says why the row is neither planned nor unchanged; of a planned row, what of it
	// is left as it is.
	Error string `json:"error,omitempty"`
	// Permanent is [result.Result.Permanent] of a row that failed.
	Permanent bool `json:"permanent,omitempty"`
	// ReadAt is when the number's current settings were read; zero when they
	// were not.
	ReadAt time.Time `json:"readAt,omitzero"`
}

// Sent reports whether the row is to be sent itself.
func (p Row) Sent() bool { return p.Status == result.Planned && p.SameAs == 0 }

// CountIn adds the row to the figures of the input's verdict.
func (p Row) CountIn(c *input.Counts) {
	c.Rows++
	switch {
	case p.Status == result.Invalid:
		c.Invalid++
	case p.SameAs != 0:
		c.Duplicate++
	default:
		c.Valid++
	}
}

// SentChanges are the row's changes if it is to be sent itself.
func (p Row) SentChanges() []settings.Change {
	if !p.Sent() {
		return nil
	}
	return p.Changes
}

// ChangesText is how a report shows a row's changes in one cell: with old and
// new values when they were read, else what is sent.
func (p Row) ChangesText() string {
	if p.ReadAt.IsZero() {
		return settings.FromChanges(p.Changes).String()
	}
	texts := make([]string, len(p.Changes))
	for i, c := range p.Changes {
		texts[i] = c.String()
	}
	return strings.Join(texts, "; ")
}

// Digest is a short hash of one change of a number, or of its preconditions.
type Digest [16]byte

// DigestOf returns the digest of what is to be done to a number.
func DigestOf(number string, what any) Digest {
	body, _ := json.Marshal([]any{number, what}) // texts always encode
	sum := sha256.Sum256(body)
	return Digest(sum[:])
}

// Digests are those of all that is to be sent for the row, on which preconditions, and
// in which wave if the input says that.
func (p Row) Digests() []Digest {
	var all []Digest
	for _, c := range p.SentChanges() {
		all = append(all, DigestOf(p.Number, c))
	}
	if p.Sent() && !p.If.IsZero() {
		all = append(all, DigestOf(p.Number, p.If))
	}
	if p.Sent() && p.Wave > 0 {
		all = append(all, DigestOf(p.Number, p.Wave))
	}
	return all
}

// Rows is what each row of a run would do, in the store.
type Rows struct {
	Store store.Store
	Run   store.RunID
}

// All gives all of it. A row that is damaged is an error.
func (t Rows) All() iter.Seq2[Row, error] { return t.Where(func(Row) bool { return true }) }

// Where is [Rows.All] with those rows only that are wanted. It has no context of its own: what runs on it ends by
// itself when the run stops.
func (t Rows) Where(wanted func(Row) bool) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		n, read := 0, reader{}
		for doc, err := range t.Store.PlanRows(context.Background(), t.Run) {
			var p Row
			if n++; err == nil {
				p, err = read.row(doc)
			}
			if err != nil {
				err = fmt.Errorf("the plan, row %d: %w", n, err)
			}
			if (err != nil || wanted(p)) && !yield(p, err) || err != nil {
				return
			}
		}
	}
}

const (
	// blockRows is how many rows of a plan the store keeps together: few enough that
	// one row is found quickly, enough that they compress well.
	blockRows = 256
	// blocksAtOnce are committed together: a plan counts when it is whole, and each commit is a sync.
	blocksAtOnce = 8
)

// Writer writes a plan into the store, block by block.
type Writer struct {
	Record func(...store.Record) error
	block  store.PlanBlock
	docs   []byte // of the block's rows, one a line
	whole  []store.Record
	begun  bool
}

// Add takes a row.
func (w *Writer) Add(p Row) error {
	var err error
	if w.docs, err = appendDoc(w.docs, p); err != nil {
		return err
	}
	w.docs = append(w.docs, '\n')
	w.block.Rows = append(w.block.Rows, store.PlanLine{Line: p.Line, Number: p.Number})
	if len(w.block.Rows) < blockRows {
		return nil
	}
	w.end()
	if len(w.whole) < blocksAtOnce {
		return nil
	}
	return w.record()
}

// end ends a block.
func (w *Writer) end() {
	block, docs := w.block, w.docs
	block.First = !w.begun
	for i := range block.Rows {
		block.Rows[i].Doc, docs, _ = bytes.Cut(docs, []byte("\n")) // which ends each, and stands in none
	}
	w.whole = append(w.whole, &block)
	w.begun, w.block = true, store.PlanBlock{Rows: make([]store.PlanLine, 0, blockRows)}
	w.docs = make([]byte, 0, len(w.docs)+len(w.docs)/8) // the block keeps the other one
}

// record commits the blocks that are whole.
func (w *Writer) record() error {
	if len(w.whole) == 0 {
		return nil
	}
	whole := w.whole
	w.whole = nil
	return w.Record(whole...)
}

// Flush commits what was added since the last time.
func (w *Writer) Flush() error {
	if !w.begun || len(w.block.Rows) > 0 {
		w.end()
	}
	return w.record()
}

// CountingLine is the line of the row that counts: of one that repeats another, that.
func (p Row) CountingLine() int {
	if p.SameAs != 0 {
		return p.SameAs
	}
	return p.Line
}

// Digests are those of all that the rows would change, and of their preconditions.
func (t Rows) Digests() (map[Digest]struct{}, error) {
	found := map[Digest]struct{}{}
	for p, err := range t.All() {
		if err != nil {
			return nil, err
		}
		for _, d := range p.Digests() {
			found[d] = struct{}{}
		}
	}
	return found, nil
}

// Intact compares the rows with the plan's hash.
func (t Rows) Intact(p *Plan) error {
	digests, err := t.Digests()
	if err != nil {
		return err
	}
	if got := hashOf(slices.Collect(maps.Keys(digests))); got != p.Hash {
		return fmt.Errorf("its hash is %s, the plan says %s", got, p.Hash)
	}
	return nil
}
