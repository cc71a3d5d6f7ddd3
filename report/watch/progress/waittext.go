package progress

import (
	"time"

	"github.com/bulknum/bulknum/client"
)

// Clock is a time of the day, always with its zone.
const Clock = "15:04:05 MST"

// WaitText is what is waited for and, if that is known, until when.
func WaitText(w client.Wait, zone *time.Location) string {
	var text string
	switch w.Reason {
	case client.WaitOutage:
		text = "the API is down since " + w.Since.In(zone).Format(Clock)
		if !w.Until.IsZero() {
			text += ", next try at " + w.Until.In(zone).Format(Clock)
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
		text = string(w.Reason) + " from the API"
	}
	if !w.Until.IsZero() {
		text += ", until " + w.Until.In(zone).Format(Clock)
	}
	return text
}
