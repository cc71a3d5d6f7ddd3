package words

import (
	"cmp"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Phase is what a run is at, or what keeps it from going on there, in words.
func Phase(p control.Phase) string { return strings.ReplaceAll(string(p), "_", " ") }

// Headline says what a run is at that goes on, and why, or how far it is, without the numbers, which are old soon.
func Headline(now *control.Status) string {
	phase := Capital(Phase(now.Phase)) + ": "
	switch {
	case now.Why != "":
		return Capital(Standing(now.Phase, now.Why))
	case now.Counts[result.Planned] > 0:
		return phase + "rows are still to be sent"
	case len(now.Counts) == 0:
		return phase + "what each row needs is not decided yet"
	default:
		return phase + "every row has its answer"
	}
}

// Wait is what is waited for and, if that is known, until when.
func Wait(w client.Wait, zone *time.Location) string {
	var text string
	switch w.Reason {
	case client.WaitOutage:
		text = "the API is down since " + w.Since.In(zone).Format(ClockTime)
		if !w.Until.IsZero() {
			text += ", next try at " + w.Until.In(zone).Format(ClockTime)
		}
		return text
	case client.WaitHold:
		text = "on hold"
		if w.Detail != "" {
			text += " (" + w.Detail + ")"
		}
	case client.WaitBackoff:
		text = "before a retry"
	default:
		text = cmp.Or(w.Detail, string(w.Reason)+" from the API")
	}
	if !w.Until.IsZero() {
		text += ", until " + w.Until.In(zone).Format(ClockTime)
	}
	return text
}
