package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	socket "github.com/bulknum/bulknum/internal/control"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/text"
	"github.com/bulknum/bulknum/report/words"
)

// ctlFlags are those of ctl.
type ctlFlags struct {
	store    storeFlags
	operator string
	json     bool
	yes      bool
}

func ctlCommand(a *app) *cobra.Command {
	f := ctlFlags{store: storeFlags{latest: latestLive}}
	cmd := &cobra.Command{
		Use:   "ctl RUN status|pause|continue|rate|next|stop|break-lock",
		Short: "Show or control a running run: pause, continue, rate, next, stop",
		Long: `Show or control RUN, which is running in another process, here or on another
host. RUN is a run's name,
its folder, or latest: the run that is running.

  status          show what the run is doing, since when and why
  pause           send nothing more; returns when no request is under way, at
                  the latest after the run's --timeout
  continue [WHO]  end your own pause, or the pause of WHO; the run stays held by
                  the pauses of others and by a hold file
  rate RATE       change the rate of all requests, at once: 20/m, or by the
                  clock as --rate has it, '08:00 10/m, 20:00 48/m'
  next [WAVE]     approve WAVE, which is held; without its number only while
                  nobody else has approved one, and when it has been held for
                  some seconds
  stop            start no further row, let requests under way finish, and end
                  the run; returns when the run has begun to stop
  break-lock      take the locks from a run of a store that hosts share whose
                  process was not heard of for a minute; resume goes on then

Each prints the run's status when it is done, and is recorded in the store with
your user name and --operator. A run on another host is reached through the
store that the hosts share (docs/several-hosts.md). Exit code 3: the run is not
running; 1: the run refused, as it does next when no wave is held.`,
		Example: `  bulknum ctl latest status
  bulknum ctl 20261123T020000Z-cutover rate 20/m
  bulknum ctl 20261123T020000Z-cutover next 2`,
		Args: ctlArgs,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return runNames(a, 1)(cmd, args, begun)
			}
			return []string{"status", "pause", "continue", "rate", "next", "stop", "break-lock"}, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runCtl(a, cmd, &f, args) },
	}
	flags := cmd.Flags()
	f.store.define(flags)
	f.store.defineSandbox(flags, sandboxRuns)
	flags.StringVar(&f.operator, "operator", "", "`NAME` of the person who asks, where several share a user (default: SUDO_USER, or the user)")
	flags.BoolVar(&f.json, "json", false, "print the status as one JSON document")
	flags.BoolVar(&f.yes, "yes", false, "break-lock does not ask")
	mustBeAsked(flags, "yes")
	return cmd
}

// ctlArgs refuses what is no request.
func ctlArgs(_ *cobra.Command, args []string) error {
	if len(args) < 2 {
		return errors.New("ctl takes a RUN and a command: status, pause, continue, rate, next, stop or break-lock")
	}
	least, most := 2, 2
	switch event.Command(args[1]) {
	case socket.Status, event.CommandPause, event.CommandStop, event.CommandBreak:
	case event.CommandContinue, event.CommandNext:
		most = 3
	case event.CommandRate:
		least, most = 3, 3
	default:
		return fmt.Errorf("ctl %s: no such command: use status, pause, continue, rate, next, stop or break-lock", args[1])
	}
	switch {
	case len(args) < least:
		return errors.New("ctl RUN rate needs a rate, as in 20/m or '08:00 10/m, 20:00 48/m'")
	case len(args) > most:
		return fmt.Errorf("ctl %s: unexpected argument %q", args[1], args[most])
	}
	return nil
}

func runCtl(a *app, cmd *cobra.Command, f *ctlFlags, args []string) error {
	request := f.request(a, args)
	run, done, err := a.findRun(cmd.Context(), &f.store, cmd.Flags(), args[0])
	if storeRefused(err) && args[0] != runs.Latest && request.Do != event.CommandBreak {
		return askWithoutStore(cmd.Context(), a, f, args[0], request, err)
	}
	if err != nil {
		return err
	}
	defer done()
	if state := run.StateNow(); state != runs.Running {
		return &configError{err: fmt.Errorf("run %s is not running: it is %s", run.Identity.Name, state)}
	}
	if request.Do == event.CommandBreak {
		return breakLock(cmd.Context(), a, f, run, request.By)
	}
	status, err := askRun(cmd.Context(), run, request)
	if err != nil {
		return askError(run, err)
	}
	return f.show(a, status, run.Folder())
}

// request is what is asked of the run.
func (f *ctlFlags) request(a *app, args []string) socket.Request {
	request := socket.Request{Do: event.Command(args[1]), By: cmp.Or(f.operator, a.getenv("SUDO_USER"), userName())} // sudo(8)
	if len(args) > 2 {
		switch request.Do {
		case event.CommandRate:
			request.Rate = args[2]
		case event.CommandNext:
			request.Wave = args[2]
		case event.CommandContinue:
			request.Whose = args[2]
		}
	}
	return request
}

// show prints where a run stands, whose folder is there as seen from here.
func (f *ctlFlags) show(a *app, status control.Document, folder string) error {
	status.Folder = folder
	if f.json {
		return files.StatusJSON(a.Out, status)
	}
	return text.Status(a.Out, status)
}

// quietWithin is how long a pause is waited for while the store is away: a request that waits for its record counts as under way.
const quietWithin = 5 * time.Second

// askWithoutStore asks a run of this host whose store cannot be used, as a database that is away: its socket is beside its files.
// Where nobody listens, the error is the store's.
func askWithoutStore(ctx context.Context, a *app, f *ctlFlags, name string, r socket.Request, refused error) error {
	folder := filepath.Join(f.store.runsDir, filepath.Base(name))
	asking := ctx
	if r.Do == event.CommandPause {
		var done context.CancelFunc
		asking, done = context.WithTimeout(ctx, quietWithin)
		defer done()
	}
	status, err := socket.Ask(asking, folder, r)
	if r.Do == event.CommandPause && errors.Is(err, context.DeadlineExceeded) {
		status, err = socket.Ask(ctx, folder, socket.Request{Do: socket.Status}) // the pause stays
	}
	switch {
	case errors.Is(err, socket.ErrNobody):
		return refused
	case err != nil:
		return fmt.Errorf("run %s: %w", filepath.Base(name), err)
	}
	a.warn("%v; the run was asked by its socket", refused)
	return f.show(a, status, folder)
}

// askRun asks a run by its socket, or else, as one that goes on elsewhere, through the store.
func askRun(ctx context.Context, run *runs.Run, request socket.Request) (control.Document, error) {
	box, shared := run.In.Store.(store.Mailbox)
	holder, _ := run.In.Store.Holder(run.Stored.ID)
	if !shared || holder.Host == hostName() {
		status, err := socket.Ask(ctx, run.Folder(), request)
		if !shared || !errors.Is(err, socket.ErrNobody) {
			return status, err
		}
	}
	return socket.AskThrough(ctx, box, run.Stored.ID, here(), request)
}

// askError names the run that did not do what it was asked for.
func askError(run *runs.Run, err error) error {
	silent := errors.Is(err, socket.ErrSilent) || errors.Is(err, store.ErrUntaken)
	if holder, held := run.In.Store.Holder(run.Stored.ID); held && silent {
		err := fmt.Errorf("run %s does not answer, and was asked for nothing: pid %d on %s has it since %s, and may be suspended",
			run.Identity.Name, holder.PID, holder.Host, holder.Since.Local().Format(words.Clock))
		if _, shared := run.In.Store.(store.Breaker); shared {
			return &advisedError{err, "when it stays silent for " + words.Duration(silentFor) + ": bulknum ctl " + words.ShellWord(run.Identity.Name) + " break-lock"}
		}
		return err
	}
	err = fmt.Errorf("run %s: %w", run.Identity.Name, err)
	if refused, ok := errors.AsType[*control.RefusedError](err); ok {
		return &advisedError{err, words.Instead(run.Folder(), refused.Way)}
	}
	if !errors.Is(err, socket.ErrNobody) && !silent {
		return err
	}
	return &configError{err: err, hint: "it is starting or ending, or another command holds the folder: try again"}
}
