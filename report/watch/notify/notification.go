package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch/progress"
	"github.com/bulknum/bulknum/report/words"
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
	Version int    `json:"version"`
	Event   Moment `json:"event"`
	// Text says all of it in a line, for chats.
	Text string    `json:"text"`
	At   time.Time `json:"at"`
	Job  string    `json:"job"`
	Run  string    `json:"run,omitempty"`
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
	Rows   int                   `json:"rows"`
	Counts map[result.Status]int `json:"counts"`
	// Verified is how many rows of a run that was verified were found to be how.
	Verified map[result.VerifyStatus]int `json:"verified,omitempty"`
	// ExitCode and DurationMs are those of a command that has ended.
	ExitCode   *int  `json:"exitCode,omitempty"`
	DurationMs int64 `json:"durationMs,omitempty"`
}

// teller decides what is worth a notification, and words it.
type teller struct {
	job      string
	run      *event.Run // nil: it has not begun
	began    time.Time
	verifies bool
	verified map[result.VerifyStatus]int
	rows     progress.StatusCounts
	outage   bool
	stop     result.Stop
}

// listen returns the notification of an event, if it is worth one.
func (t *teller) listen(e event.Event) (n Notification, ok bool) {
	t.rows.Listen(e)
	switch e := e.(type) {
	case event.Began:
		t.run, t.began, t.verifies = &e.Run, e.At, e.Verifies
		if !e.Verifies {
			t.job = e.Run.Job
		}
	case event.NumbersVerified:
		t.verified = e.Counts
	case event.Held:
		if e.Over {
			return t.now(MomentContinued, "goes on", e.Why, time.Time{}), true
		}
		return t.now(MomentHeld, "on hold", e.Why, e.Until), true
	case event.Waiting:
		return t.waiting(e.Wait)
	case event.Stopping:
		n = t.now(MomentStopping, "stopping, "+words.Count(e.InFlight)+" in flight", e.Detail, time.Time{})
		n.Reason = string(e.Reason)
		return n, true
	case event.Ended:
		t.stop = e.Stop
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
func (t *teller) end(o runs.Outcome) Notification {
	stop, took := t.stop, time.Duration(0)
	if s := o.Summary; s != nil {
		t.rows.Set(s.Counts)
		t.run, t.job = new(s.Run.Told()), s.Run.Job
		took = time.Duration(s.DurationMs) * time.Millisecond
		if s.Stop != nil {
			stop = *s.Stop
		}
	} else if !t.began.IsZero() {
		took = o.At.Sub(t.began)
	}
	what, detail := "finished", ""
	switch {
	case stop.Early():
		what, detail = "stopped early ("+string(stop.Reason)+")", stop.Detail
	case o.Err != nil && o.Summary == nil && t.verified == nil: // otherwise the counts say it
		what, detail = "failed", oneLine(o.Err.Error())
	}
	n := t.now(MomentEnded, what, detail, time.Time{})
	n.At, n.Reason, n.ExitCode, n.DurationMs = inUTC(o.At), string(stop.Reason), &o.ExitCode, took.Milliseconds()
	n.Text += fmt.Sprintf("; exit code %d", o.ExitCode)
	if took > 0 {
		n.Text += " after " + words.Duration(took)
	}
	return n
}

// now is a notification of this moment.
func (t *teller) now(moment Moment, what, detail string, until time.Time) Notification {
	n := Notification{
		Version: notificationVersion, Event: moment, At: inUTC(time.Now()), Job: t.job,
		Detail: detail, Until: inUTC(until), Rows: t.rows.Rows(), Counts: t.rows.Counts(), Verified: t.verified,
	}
	who := t.job
	if r := t.run; r != nil {
		n.Run, n.Account, n.API, n.Host = r.Name, r.Account, r.API, r.Host
		n.Operator, n.Ticket, n.Sandbox, n.DryRun = r.Operator, r.Ticket, r.Sandbox, r.DryRun
		who = fmt.Sprintf("run %s on %s", r.Name, r.Host)
	}
	if t.verifies {
		who = "verification of " + who
	}
	n.Text = fmt.Sprintf("bulknum: %s: %s", plain(who), what)
	if detail != "" {
		n.Text += ": " + plain(detail)
	}
	if !until.IsZero() {
		n.Text += ", until " + until.Format(progress.Clock)
	}
	for _, counts := range []string{countsText(result.Statuses(), n.Counts), countsText(result.VerifyStatuses(), n.Verified)} {
		if counts != "" {
			n.Text += "; " + counts
		}
	}
	return n
}

// inUTC is a time as machines get it.
func inUTC(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// countsText is how many rows stand in each status: 24 updated, 1 failed.
func countsText[S ~string](statuses []S, counts map[S]int) string {
	var parts []string
	for _, status := range statuses {
		if n := counts[status]; n > 0 {
			parts = append(parts, words.Count(n)+" "+string(status))
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
