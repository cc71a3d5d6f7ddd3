package cli

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/watch"
	"github.com/bulknum/bulknum/report/watch/live"
	"github.com/bulknum/bulknum/report/watch/metrics"
	"github.com/bulknum/bulknum/report/watch/notify"
	"github.com/bulknum/bulknum/report/watch/systemd"
)

// observers are told of a run, besides the terminal; nil is nobody.
type observers struct {
	metrics  *metrics.Metrics
	textfile *metrics.Textfile // these four may be nil
	gateway  *metrics.Gateway
	notifier *notify.Notifier
	live     *live.Live
	service  *systemd.Service // nil: systemd does not ask
	page     livePage         // of live
	unseen   error            // why there is no live page, which was asked for

	watcher atomic.Pointer[watch.Watcher] // has the log, when a run begins
	warn    func(what string, err error)  // in the log, once there is one
	summary *runs.Summary                 // what the run came to, if there is one
}

// notShown is told of a run whose page cannot be served.
const notShown = "the run has no live page"

// published is what a command does, with observers that are told how it ended,
// whatever its end. The job is what it is known by before there is a run.
func (a *app) published(f *publishFlags, job func(cmd *cobra.Command, args []string) string, run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		if a.observers, err = a.gather(cmd, f, job(cmd, args)); err == nil {
			err = run(cmd, args)
		}
		a.observers.end(cmd.Context(), a, runs.Outcome{At: time.Now(), ExitCode: ExitCode(err), Summary: a.observers.summary, Err: err})
		return err
	}
}

// gather makes the observers that the flags ask for. Beside an error is as much of
// it as there is, to be told that.
func (a *app) gather(cmd *cobra.Command, f *publishFlags, job string) (*observers, error) {
	out := &observers{metrics: metrics.New(job, buildVersion(), a.control.Status)}
	out.warn = func(what string, err error) {
		if w := out.watcher.Load(); w != nil {
			w.Warn(what, err)
			return
		}
		a.warn("%s: %v", what, err)
	}
	if a.getenv(systemd.Variable) != "" {
		out.service = systemd.Start(func(now time.Time) string { return systemd.Line(a.control.Status(now)) })
	}
	if f.metricsFile != "" {
		out.textfile = metrics.KeepTextfile(f.metricsFile, out.metrics, out.warn)
	}
	address, err := f.address(a.Streams)
	if err != nil {
		return out, err
	}
	if !address.IsZero() {
		out.notifier = notify.Start(notify.Options{
			Address: address, Format: f.notifyForm, On: f.notifyOn, Job: job, Status: a.control.Status, Warn: out.warn,
		})
	}
	if out.gateway, err = f.push.gateway(a.Streams); err != nil {
		return out, err
	}
	if f.listen.at != "" {
		listener, token, err := f.listen.listen(cmd.Context())
		if taken, is := errors.AsType[*takenError](err); is { // the run can do without
			out.unseen = taken
			out.warn(notShown, taken)
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out.page.status = a.control.Status
		out.live = live.Serve(listener, token, out.page.page(), a.control.Status, out.metrics)
		a.note("the run is shown at http://%s", listener.Addr())
	}
	return out, nil
}

// attend leads what the observers cannot be told to the log of a run.
func (au *observers) attend(w *watch.Watcher) {
	if au != nil {
		au.watcher.Store(w)
	}
}

// listeners are those of the observers that are told the events of a run of a
// configuration.
func (au *observers) listeners(config batch.Config) []event.Listener {
	if au == nil {
		return nil
	}
	all := []event.Listener{au.metrics.Listen, func(e event.Event) {
		if _, is := e.(event.Began); is {
			au.service.Ready()
		}
	}}
	if au.textfile != nil {
		all = append(all, au.textfile.Listen)
	}
	if w := au.watcher.Load(); w != nil && au.unseen != nil {
		all = append(all, func(e event.Event) {
			if _, is := e.(event.Began); is { // the run has its log
				w.Warn(notShown, au.unseen)
			}
		})
	}
	if au.notifier != nil {
		all = append(all, au.notifier.Listen)
	}
	if au.live != nil {
		au.page.in = runs.Folder{Store: config.Store, Dir: config.RunsDir}
		all = append(all, au.live.Listen)
	}
	return all
}

// learn takes in the summary of the run.
func (au *observers) learn(summary *runs.Summary) {
	if au != nil {
		au.summary = summary
	}
}

// end tells all what the command came to. What is slow comes last.
func (au *observers) end(ctx context.Context, a *app, o runs.Outcome) {
	au.metrics.End(o)
	au.service.Close()
	if au.textfile != nil {
		au.textfile.Close()
	}
	if au.live != nil {
		au.live.End(o)
	}
	au.push(ctx, a)
	if au.notifier != nil {
		au.notifier.End(o)
	}
	if w := au.watcher.Load(); w != nil {
		w.Close()
	}
}
