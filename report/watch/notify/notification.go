package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/mask"
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
	// Next are the commands that come next, of a command that has ended, or by which a run goes
	// on that is held.
	Next []string `json:"next,omitempty"`
	// ExitCode and DurationMs are those of a command that has ended.
	ExitCode   *int  `json:"exitCode,omitempty"`
	DurationMs int64 `json:"durationMs,omitempty"`
}

// teller decides what is worth a notification, and words it.
type teller struct {
	job    string // of the command, as long as no run has begun
	status control.View
	outage bool // was told
}

// listen returns the notification of an event, if it is worth one.
func (t *teller) listen(e event.Event) (n Notification, ok bool) {
	switch e := e.(type) {
	case event.Held:
		if e.Expected {
			return n, false
		}
		now := time.Now()
		status := t.status(now)
		phase := status.Phase
		switch {
		case !e.Over:
			return t.held(now, status), true
		case phase.Holds(): // something else still does
			return t.now(MomentContinued, "still "+words.Phase(phase)+", but no longer", e.Why), true
		default:
			return t.now(MomentContinued, "running again", e.Why), true
		}
	case event.Waiting:
		return t.waiting(e.Wait)
	case event.Stopping:
		n = t.now(MomentStopping, "stopping, "+words.Count(e.InFlight)+" in flight", e.Detail)
		n.Reason = string(e.Reason)
		return n, true
	}
	return n, false
}

// held tells what keeps a run from going on, all of it, and the commands by which it goes on.
func (t *teller) held(now time.Time, status *control.Status) Notification {
	n := t.notification(now, status, MomentHeld, nameless(words.Standing(status.Phase, status.Why)), "", status.Until)
	n.Detail = nameless(status.Why)
	for _, step := range words.WaysOn(status.Folder, status.Ways) {
		n.Next = append(n.Next, plain(step.Command)) // whose pause it is, somebody has typed
	}
	return n
}

// waiting tells the beginning and the end of an outage, and not each of its
// probes.
func (t *teller) waiting(w client.Wait) (n Notification, ok bool) {
	if w.Reason != client.WaitOutage || w.Over != t.outage {
		return n, false
	}
	t.outage = !w.Over
	if w.Over {
		n = t.now(MomentContinued, "the API answers again", "")
	} else {
		n = t.now(MomentOutage, "the API is down, and asked again from time to time", w.Detail)
	}
	n.Reason = string(w.Reason)
	return n, true
}

// now is a notification of this moment.
func (t *teller) now(moment Moment, what, detail string) Notification {
	now := time.Now()
	return t.notification(now, t.status(now), moment, what, detail, time.Time{})
}

// end is the notification of a command's end.
func (t *teller) end(o runs.Outcome) Notification {
	status, took := t.status(o.At), time.Duration(0)
	if s := o.Summary; s != nil {
		status.Begun, status.Run, status.Counts = true, s.Run.Told(), s.Counts
		took = time.Duration(s.DurationMs) * time.Millisecond
		if s.Stop != nil {
			status.Stop = *s.Stop
		}
	} else if status.Begun {
		took = o.At.Sub(status.StartedAt)
	}
	stop, what, detail := status.Stop, "finished", ""
	switch {
	case o.Summary != nil:
		what = nameless(words.Happened(o.Summary))
	case stop.Early():
		what, detail = stop.Reason.Headline(), stop.Detail
	case o.Err != nil && o.Summary == nil && status.Verified == nil: // otherwise the counts say it
		what, detail = "failed", oneLine(o.Err.Error())
	}
	n := t.notification(o.At, status, MomentEnded, what, detail, time.Time{})
	n.Reason, n.Detail, n.ExitCode, n.DurationMs = string(stop.Reason), nameless(cmp.Or(detail, stop.Detail)), &o.ExitCode, took.Milliseconds()
	if o.Summary != nil {
		for _, step := range words.NextSteps(o.Summary) {
			n.Next = append(n.Next, step.Command)
		}
	}
	n.Text += fmt.Sprintf("; exit code %d", o.ExitCode)
	if took > 0 {
		n.Text += " after " + words.Duration(took)
	}
	return n
}

// notification is the body that tells of a moment.
func (t *teller) notification(
	at time.Time, s *control.Status, moment Moment, what, detail string, until time.Time,
) Notification {
	n := Notification{
		Version: notificationVersion, Event: moment, At: inUTC(at), Job: plain(t.job),
		Detail: nameless(detail), Until: inUTC(until), Counts: s.Counts, Verified: s.Verified,
	}
	for _, count := range s.Counts {
		n.Rows += count
	}
	who := t.job
	if s.Begun {
		n.Run, n.Account, n.API, n.Host = plain(s.Run.Name), plain(s.Run.Account), s.Run.API, plain(s.Run.Host)
		n.Operator, n.Ticket, n.Sandbox, n.DryRun = plain(s.Run.Operator), plain(s.Run.Ticket), s.Run.Sandbox, s.Run.DryRun
		who = fmt.Sprintf("run %s on %s", s.Run.Name, s.Run.Host)
		if !s.Verifies {
			n.Job = plain(s.Run.Job)
		}
	}
	if s.Verifies {
		who = "verification of " + who
	}
	n.Text = fmt.Sprintf("bulknum: %s: %s", plain(who), what)
	if detail != "" {
		n.Text += ": " + nameless(detail)
	}
	if !until.IsZero() {
		n.Text += ", until " + until.Format(words.ClockTime)
	}
	became, found := countsText(result.Statuses(), n.Counts), countsText(result.VerifyStatuses(), n.Verified)
	for _, counts := range []string{became, found} {
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

// unmarked has for what chats take for markup, a link or a mention what looks like it and means nothing.
var unmarked = strings.NewReplacer("<", "‹", ">", "›", "@", "＠", "[", "［", "]", "］", "`", "'", "://", "：//")

// nameless is a plain text without the numbers that an answer of the API, or the reason of a stop, may have: a chat has
// other readers than the run.
func nameless(text string) string {
	return strings.ReplaceAll(plain(mask.New().Text(oneLine(text))), "***", "…") // which chats would take for bold type
}

// plain is a text that no chat takes for markup, a link or a mention: the name of a file, or an answer of the API, may be
// part of it.
func plain(text string) string {
	runes := []rune(oneLine(text))
	if len(runes) > mostDetail {
		runes = append(runes[:mostDetail], '…')
	}
	return unmarked.Replace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, string(runes)))
}

// oneLine is a text without line breaks.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
