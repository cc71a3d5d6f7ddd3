package cli

import (
	"cmp"
	"context"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/words"
)

// printWaits says what a command without a progress display waits for.
func printWaits(s Streams) func(context.Context, client.Wait) {
	return func(_ context.Context, w client.Wait) {
		if w.Over {
			return
		}
		why := w.Detail
		switch w.Reason {
		case client.WaitThrottled, client.WaitUnavailable:
			why = cmp.Or(w.Detail, "the API answered "+string(w.Reason))
		case client.WaitOutage:
			why = "the API is down: " + w.Detail
		}
		s.note("next try in %s: %s", words.Duration(time.Until(w.Until)), why)
	}
}
