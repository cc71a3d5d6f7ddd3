package cli

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/words"
)

// printWaits says what a command without a progress display waits for.
func printWaits(out io.Writer) func(client.Wait) {
	return func(w client.Wait) {
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
		fmt.Fprintf(out, "bulknum: next try in %s: %s\n", words.Duration(time.Until(w.Until)), words.Printable(why))
	}
}
