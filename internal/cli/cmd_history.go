package cli

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/history"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/text"
	"github.com/bulknum/bulknum/report/words"
)

// historyFlags are those of history.
type historyFlags struct {
	store storeFlags
	all   bool
	json  bool
}

func historyCommand(a *app) *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use:   "history NUMBER",
		Short: "Show one number's history: every run that touched it",
		Long: `Show every run that touched NUMBER, the oldest first: when, what it changed,
from what to what, what became of it, the order's id, whether it was verified or
rolled back, and for whom it was done. It asks the store only, not the API. A
run that is running, crashed or damaged is marked as such. Archived runs are not
looked into: it is said how many there are.`,
		Example: `  bulknum history +18018018011
  bulknum history +18018018011 --all --json`,
		Args: takesOne("NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error { return runHistory(cmd.Context(), a, &f, args[0]) },
	}
	flags := cmd.Flags()
	f.store.define(flags)
	f.store.defineSandbox(flags, "show the sandbox's runs, and no others")
	flags.BoolVar(&f.all, "all", false, "also runs that had the number in their file and sent nothing for it")
	flags.BoolVar(&f.json, "json", false, "print it as one JSON document")
	mustBeAsked(flags, "all")
	return cmd
}

func runHistory(ctx context.Context, a *app, f *historyFlags, written string) error {
	number, err := settings.ParseAnyNumber(written)
	if err != nil {
		return &usageError{err}
	}
	h := &history.Number{Number: number, Entries: []history.Entry{}}
	in, done, err := a.openRuns(ctx, &f.store, toRead, f.store.sandbox)
	if err == nil {
		if !f.store.sandbox {
			in = ofNamed(ctx, a, in)
		}
		h, err = history.Of(ctx, in, number)
		done()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	rest := 0
	if !f.all {
		had := len(h.Entries)
		h.Entries = slices.DeleteFunc(h.Entries, func(p history.Entry) bool { return !p.Sent && p.State != runs.Damaged })
		rest = had - len(h.Entries)
	}
	if f.json {
		return files.HistoryJSON(a.Out, h)
	}
	if err := text.History(a.Out, h); err != nil {
		return err
	}
	historyNotes(a, f, h, rest)
	return nil
}

// historyNotes says what the story leaves out.
func historyNotes(a *app, f *historyFlags, h *history.Number, rest int) {
	if len(h.Entries) == 0 {
		a.say("no run in %s has touched %s", f.store.runsDir, h.Number)
	}
	if rest > 0 {
		a.say("runs that had it in their file and sent nothing for it: %s (--all shows them)", words.Count(rest))
	}
	for _, run := range slices.Sorted(maps.Keys(h.Unread)) {
		a.warn("what run %s did is not known: %s", run, h.Unread[run])
	}
	if n := len(h.Gaps); n > 0 {
		a.warn("more may have been done to it before %s than is shown here: a restored or another copy of the store was accepted then", h.Gaps[n-1].Local().Format(time.DateTime))
	}
	if n := len(h.Archived); n > 0 {
		a.warn("archived runs that were not looked into: %s; bulknum runs restore RUN brings one back", words.Count(n))
	}
}
