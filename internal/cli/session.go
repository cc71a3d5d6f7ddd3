package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/mask"
	"github.com/bulknum/bulknum/report/text"
	"github.com/bulknum/bulknum/report/watch"
	"github.com/bulknum/bulknum/report/words"
)

// runner is a way to run a configuration.
type runner func(context.Context, batch.Config) (*runs.Run, error)

// session is one run on the command line: watched, and stopped by signals.
type session struct {
	app      *app
	watcher  *watch.Watcher
	holdFile string // "": none
	problems *problemList
}

// startSession begins to watch a run of an input.
func startSession(a *app, f *runFlags, source string) *session {
	s := &session{
		app:      a,
		watcher:  watch.Start(f.watch.options(a, f.run)),
		problems: &problemList{name: source},
	}
	a.observers.attend(s.watcher)
	return s
}

// close ends what is shown of the progress. The log stays open for the end of
// the command.
func (s *session) close() { s.watcher.End() }

// run runs a configuration. The end of the context is a signal: the run stops
// in good order.
func (s *session) run(ctx context.Context, config batch.Config, run runner) (*runs.Run, error) {
	config.Control = s.app.control
	config.Control.SetAllowed(config.Rate)
	defer s.attend(&config)()
	defer context.AfterFunc(ctx, func() {
		if stop := result.StopOf(ctx); stop.Early() {
			config.Control.Stop(stop)
		}
	})()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-s.app.Insists:
			config.Control.Insist()
		case <-over:
		}
	}()
	config.Listeners = append([]event.Listener{s.mask(ctx, config), s.watcher.Listen, s.problems.listen, s.app.learnEnd, s.reopen(ctx, config)}, s.app.observers.listeners(config)...)
	done, err := run(context.WithoutCancel(ctx), config)
	s.watcher.End()
	if _, invalid := errors.AsType[*batch.InvalidError](err); invalid {
		s.problems.show(s.app.line)
	}
	if unreadable, is := errors.AsType[*input.FileError](err); is {
		s.problems.showFor(s.app.line, unreadable)
	}
	return done, err
}

// mask returns a listener that has the log hide the names of the run's rows, if it is to hide any: once they are known,
// and before the first is sent, since what the API says of a row may have its name.
func (s *session) mask(ctx context.Context, config batch.Config) event.Listener {
	ctx = context.WithoutCancel(ctx)
	in := runs.Folder{Store: config.Store, Dir: config.RunsDir}
	name := ""
	return func(e event.Event) {
		switch e := e.(type) {
		case event.Began:
			name = e.Run.Name
		case event.Started:
			if s.app.logMask == nil {
				return
			}
			run, err := in.Open(ctx, name)
			if err == nil {
				var m *mask.Masker
				if m, err = mask.Of(ctx, run); err == nil {
					s.watcher.Mask(m)
				}
			}
			if err != nil {
				s.watcher.Warn("the log may have names that the API tells in errors", err)
			}
		}
	}
}

// reopen returns a listener that has the folder's files say that the run goes on: once a resumed
// run is taken up again, and before the first row of any is sent. What keeps them from being
// written stops nothing.
func (s *session) reopen(ctx context.Context, config batch.Config) event.Listener {
	ctx = context.WithoutCancel(ctx)
	in := runs.Folder{Store: config.Store, Dir: config.RunsDir}
	var began event.Began
	return func(e event.Event) {
		var err error
		switch e := e.(type) {
		case event.Began:
			began = e
		case event.PlanResumed:
			err = files.Reopen(ctx, in, began.Run.Name, began.At, e.Counts, false)
		case event.Started:
			err = files.Reopen(ctx, in, began.Run.Name, began.At, e.Counts, true)
		}
		if err != nil {
			s.watcher.Warn("the reports in the folder are those of before", err)
		}
	}
}

// conclude writes the reports of a run that was to send, and returns what its
// end means. Reports that cannot be written, on a full disk, change nothing of
// that.
func conclude(ctx context.Context, a *app, run *runs.Run, failed error) error {
	defer sparing()()
	ctx = context.WithoutCancel(ctx) // the report is written also after a signal
	summary, err := files.Finish(ctx, run)
	if summary == nil && failed == nil && run.Unread != nil {
		run = run.Unread(err)
		summary, err = files.Finish(ctx, run)
	}
	a.observers.learn(summary)
	a.summary = summary
	if failed != nil || summary == nil {
		return errors.Join(failed, err)
	}
	tell := printEnd
	switch {
	case a.quiet && outcome(summary) == nil:
		tell = func(context.Context, *app, *runs.Run, *runs.Summary) error { return nil }
	case a.quiet:
		tell = printTrouble
	}
	printed := tell(ctx, a, run, summary)
	if errors.Is(printed, syscall.EPIPE) {
		printed = nil // nobody reads: what the run came to stands in its folder
	}
	if storeRefused(printed) { // something was sent: that is no refusal
		printed, err = nil, errors.Join(err, printed)
	}
	if err != nil { // resume, or report, writes them when there is space
		err = result.StopFor(result.StoppedByDisk, err)
	}
	return errors.Join(outcome(summary), printed, err)
}

// printEnd prints what became of a run: its rows, if they are few, and its
// summary.
func printEnd(ctx context.Context, a *app, run *runs.Run, summary *runs.Summary) error {
	if summary.Rows <= shownRows && !run.Lost() { // how each row stands, only the store would know
		if err := files.Rows(ctx, run, a.Out, files.FormatText, a.outWidth(), nil, nil); err != nil {
			return err
		}
		fmt.Fprintln(a.Out)
	}
	return text.Summary(a.Out, summary, nextSteps(a, summary))
}

// printTrouble prints what somebody must know who asked to hear of nothing else.
func printTrouble(_ context.Context, a *app, _ *runs.Run, summary *runs.Summary) error {
	return text.Trouble(a.Out, summary, nextSteps(a, summary))
}

// learnEnd keeps why the run ended.
func (a *app) learnEnd(e event.Event) {
	if ended, ok := e.(event.Ended); ok {
		a.ended = ended.Stop
	}
}

// shownRows is up to how many rows a run's table is shown at its end.
const shownRows = 40

// nextSteps are the commands that a run's end suggests. They work where this one
// did: what somebody agreed to before goes on also without anybody to ask.
func nextSteps(a *app, s *runs.Summary) []string {
	agreed := !s.Run.DryRun && (s.Stop == nil || s.Stop.Reason.Class() != result.Refused)
	var commands []string
	for _, step := range words.NextSteps(s) {
		if agreed && !a.InTerminal && strings.HasPrefix(step.Command, "bulknum resume ") { // to go back is for a person to say
			step.Command += " --yes"
		}
		commands = append(commands, step.Command)
	}
	return commands
}
