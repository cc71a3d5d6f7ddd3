package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// account is the truth: the numbers and orders that there are, whoever asks and however it is told. Its methods that
// take a call serve the requests to one endpoint.
type account struct {
	cfg          *Config
	stats        *counters
	updateFields map[string]strict.Field
	numbers      numbers
	orders       orders
	pagesTold    int
	listings     int             // begun with a size that was asked for
	lagging      map[string]past // by number, what readings show in place of the truth
	journal      journal
}

// past is what a number was, and until when readings show it.
type past struct {
	was   Record
	until time.Time
}

func newAccount(cfg *Config, stats *counters) *account {
	return &account{
		cfg: cfg, stats: stats, updateFields: updateFields(), numbers: newNumbers(cfg),
		orders: orders{byId: map[string]*order{}}, lagging: map[string]past{},
	}
}

// put stores a record.
func (a *account) put(rec Record) {
	a.numbers.put(rec)
	a.journal.note(entry{Number: &rec})
}

// lookup returns a number's record; false when it does not exist.
func (a *account) lookup(number string) (Record, bool) {
	if rec, ok := a.numbers.changed[number]; ok {
		return rec, true
	}
	listed := a.numbers.generated(number)
	if !listed && !a.numbers.open {
		return Record{}, false
	}
	return a.fresh(number, listed), true
}

// shown returns what readings show of a number.
func (a *account) shown(number string) (Record, bool) {
	if p, ok := a.lagging[number]; ok && a.cfg.Now().Before(p.until) {
		return p.was, true
	}
	return a.lookup(number)
}

// journal is where a sandbox keeps what changes, a line of JSON for all of one request.
type journal struct {
	to    io.Writer // nil: nowhere
	line  bytes.Buffer
	noted []any // since the last line
	err   error // it is broken for ever
}

// note notes something that changed.
func (j *journal) note(change any) {
	if j.to != nil {
		j.noted = append(j.noted, change)
	}
}

// flush writes what was noted, in one piece: a process that is killed has written all of it, or nothing that counts.
func (j *journal) flush() error {
	if j.err != nil || len(j.noted) == 0 {
		return j.err
	}
	j.line.Reset()
	if j.err = json.NewEncoder(&j.line).Encode(j.noted); j.err == nil {
		_, j.err = j.to.Write(j.line.Bytes())
	}
	j.noted = j.noted[:0]
	return j.err
}
