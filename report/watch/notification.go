package watch

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report"
)

// notificationVersion is the version of the body.
const notificationVersion = 1

// Moment is what a notification tells of.
type Moment string

// The moments.
const (
	MomentHeld      Moment = "held"      // nothing is sent, as somebody asked
	MomentOutage    Moment = "outage"    // nothing is sent, as the API is down
	MomentContinued Moment = "continued" // a hold or an outage is over
	MomentStopping  Moment = "stopping"  // no further row is started
	MomentEnded     Moment = "ended"     // the command is about to end
)

// Notification is the body of what is posted. It has counts, and of the rows
// nothing.
type Notification struct {
	Version int `json:"version"`
	// Text says all of it in a line, for chats.
	Text  string    `json:"text"`
	Event Moment    `json:"event"`
	At    time.Time `json:"at"`
	Job   string    `json:"job"`
	Run   string    `json:"run,omitempty"`
	// Account, API, Host, Operator and Ticket are whose run it is, and on whose
	// behalf.
	Account  string `json:"account,omitempty"`
	API      string `json:"api,omitempty"`
	Host     string `json:"host,omitempty"`
	Operator string `json:"operator,omitempty"`
	Ticket   string `json:"ticket,omitempty"`
	Sandbox  bool   `json:"sandbox,omitempty"`
	DryRun   bool   `json:"dryRun,omitempty"`
	// Reason is why it holds, stops or ended early: a word; Detail says more.
	// Until is when a hold ends by itself, or an outage is looked at again.
	Reason string    `json:"reason,omitempty"`
	Detail string    `json:"detail,omitempty"`
	Until  time.Time `json:"until,omitzero"`
	// Rows is how many there are, Counts how many stand in each status.
	Rows   int                  `json:"rows"`
	Counts map[batch.Status]int `json:"counts"`
	// ExitCode and DurationMs are those of a command that has ended.
	ExitCode   *int  `json:"exitCode,omitempty"`
	DurationMs int64 `json:"durationMs,omitempty"`
}

// teller decides what is worth a notification, and words it.
type teller struct {
	job    string
	run    *batch.Identity // nil: it has not begun
	rows   standing
	outage bool
}

// listen returns the notification of an event, if it is worth one.
func (t *teller) listen(event batch.Event) (n Notification, ok bool) {
	t.rows.listen(event)
	switch e := event.(type) {
	case batch.Began:
		t.run, t.job = &e.Run, e.Run.Job
	case batch.Held:
		if e.Over {
			return t.now(MomentContinued, "goes on", e.Why, time.Time{}), true
		}
		return t.now(MomentHeld, "on hold", e.Why, e.Until), true
	case batch.Waiting:
		return t.waiting(e.Wait)
	case batch.Stopping:
		n = t.now(MomentStopping, "stopping, "+report.Count(e.InFlight)+" in flight", e.Detail, time.Time{})
		n.Reason = string(e.Reason)
		return n, true
	}
	return n, false
}

// waiting tells the beginning and the end of an outage, and not each of its
// probes.
func (t *teller) waiting(w client.Wait) (n Notification, ok bool) {
	if w.Reason != client.WaitOutage || w.Over != t.outage {
		return n, false
	}
	t.outage = !w.Over
	if w.Over {
		return t.now(MomentContinued, "the API answers again", "", time.Time{}), true
	}
	n = t.now(MomentOutage, "the API is down, and asked again from time to time", w.Detail, time.Time{})
	n.Reason = string(w.Reason)
	return n, true
}

// end is the notification of a command's end.
func (t *teller) end(o Outcome) Notification {
	what, detail := "finished", ""
	if o.Err != nil {
		what, detail = "failed", oneLine(o.Err.Error())
	}
	reason := ""
	if s := o.Summary; s != nil {
		t.rows.counts, t.run = s.Counts, &s.Run
		if s.Stop != nil {
			what, detail, reason = "stopped early ("+string(s.Stop.Reason)+")", s.Stop.Detail, string(s.Stop.Reason)
		} else if o.Err != nil {
			what, detail = "finished", "" // the counts say it
		}
	}
	n := t.now(MomentEnded, what, detail, time.Time{})
	n.At, n.Reason, n.ExitCode = o.At, reason, &o.ExitCode
	n.Text += fmt.Sprintf("; exit code %d", o.ExitCode)
	if o.Summary != nil {
		n.DurationMs = o.Summary.DurationMs
		n.Text += " after " + report.Duration(time.Duration(n.DurationMs)*time.Millisecond)
	}
	return n
}

// now is a notification of this moment.
func (t *teller) now(event Moment, what, detail string, until time.Time) Notification {
	n := Notification{
		Version: notificationVersion, Event: event, At: time.Now(), Job: t.job,
		Detail: detail, Until: until, Rows: t.rows.sum(), Counts: t.rows.now(),
	}
	who := t.job
	if r := t.run; r != nil {
		n.Job, n.Run, n.Account, n.API, n.Host = r.Job, r.Name, r.Account, r.API, r.Host
		n.Operator, n.Ticket, n.Sandbox, n.DryRun = r.Operator, r.Ticket, r.Sandbox, r.DryRun
		who = fmt.Sprintf("run %s on %s", r.Name, r.Host)
	}
	n.Text = fmt.Sprintf("bulknum: %s: %s", who, what)
	if detail != "" {
		n.Text += ": " + plain(detail)
	}
	if !until.IsZero() {
		n.Text += ", until " + until.Format(clock)
	}
	if counts := countsText(n.Counts); counts != "" {
		n.Text += "; " + counts
	}
	return n
}

// countsText is how many rows stand in each status: 24 updated, 1 failed.
func countsText(counts map[batch.Status]int) string {
	var parts []string
	for _, status := range batch.Statuses() {
		if n := counts[status]; n > 0 {
			parts = append(parts, report.Count(n)+" "+string(status))
		}
	}
	return strings.Join(parts, ", ")
}

// mostDetail is how many characters of a detail a line has room for.
const mostDetail = 300

// plain is a text that no chat takes for markup or a mention: an answer of the
// API may be part of it.
func plain(text string) string {
	runes := []rune(oneLine(text))
	if len(runes) > mostDetail {
		runes = append(runes[:mostDetail], '…')
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '<':
			return '‹'
		case r == '>':
			return '›'
		case r == '@':
			return '＠'
		case !unicode.IsPrint(r):
			return ' '
		default:
			return r
		}
	}, string(runes))
}

// oneLine is a text without line breaks.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
