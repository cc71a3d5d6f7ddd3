package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/watch/notify"
)

// notifyVariable has the address to notify; a flag would show it to everybody on
// the machine.
const notifyVariable = "BULKNUM_NOTIFY_URL"

// publishFlags say who besides the terminal is told of a run.
type publishFlags struct {
	metricsFile string
	push        pushFlags
	notifyFile  string
	notifyForm  notify.Format
	notifyOn    notify.Occasion
	listen      listenFlags
}

func (f *publishFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.metricsFile, "metrics-file", "", "keep metrics in this `FILE` for the textfile collector of the Prometheus node exporter, as in nightly.prom")
	f.push.define(flags)
	f.defineNotify(flags)
	f.listen.define(flags, "the run as it goes: a page, its state as JSON, /healthz and /metrics")
}

// defineNotify defines who is notified, and of what.
func (f *publishFlags) defineNotify(flags *pflag.FlagSet) {
	flags.StringVar(&f.notifyFile, "notify-url-file", "", "post to the address in this `FILE` when the run holds, stops or ends; or to that in "+notifyVariable)
	parsedVar(flags, &f.notifyForm, "notify-format", string(notify.FormatJSON), oneOf(notify.Formats()), "what is posted: JSON for programs, a message for Slack, or a card for Microsoft Teams", notify.ParseFormat)
	parsedVar(flags, &f.notifyOn, "notify-on", string(notify.OnAlways), oneOf(notify.Occasions()), "post only of what goes wrong, or also of what changes something, or always", notify.ParseOccasion)
}

// address is where to notify, or none.
func (f *publishFlags) address(s Streams) (none notify.Address, err error) {
	text := s.getenv(notifyVariable)
	if f.notifyFile != "" {
		if text != "" && s.getenv(notifyVariable+"_FILE") == f.notifyFile {
			return none, &configError{err: fmt.Errorf("both %s and %s_FILE are set: use one", notifyVariable, notifyVariable)}
		}
		content, err := safefile.ReadSmall(f.notifyFile, maxSecretFile)
		if err != nil {
			return none, &configError{err: fmt.Errorf("--notify-url-file: %w", withoutPath(err))}
		}
		if text, err = secretOf(content); err == nil && text == "" {
			err = errors.New("the file is empty")
		}
		if err != nil {
			return none, &configError{err: fmt.Errorf("--notify-url-file: %w", err)}
		}
		s.warnOfReaders("--notify-url-file", f.notifyFile)
	} else if text, err = secretOf([]byte(text)); err != nil {
		return none, &configError{err: fmt.Errorf("%s: %w", notifyVariable, err)}
	}
	if text == "" {
		return none, nil
	}
	address, err := notify.ParseAddress(text)
	if err != nil {
		return none, &configError{err: fmt.Errorf("the address to notify: %w", err), hint: "see " + notifyVariable + ", or the file of --notify-url-file"}
	}
	return address, proxies(s)
}
