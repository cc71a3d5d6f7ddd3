package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/queue"
	"github.com/bulknum/bulknum/report/watch/log"
)

// carrier carries out, in its process, the commands that a worker has for accounts.
type carrier struct {
	a *app
	f *workerFlags
	// accounts is how many there are.
	accounts int
	store    *sharedStore
	// execute carries out a command line.
	execute executor
	err     sync.Mutex // of what they say
	ends    ends
	waits   waits
}

// waits are what accounts wait for, by account: it is said once.
type waits struct {
	mu   sync.Mutex
	said map[string]string
}

// new reports whether an account waits for something else than before; "": for nothing.
func (w *waits) new(account, what string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.said == nil {
		w.said = map[string]string{}
	}
	before := w.said[account]
	w.said[account] = what
	return what != before
}

// carry carries out what a job is for; see [queue.Carry].
func (c *carrier) carry(ctx context.Context, t queue.Task, show func(func() queue.Progress)) queue.Outcome {
	a := &app{Streams: c.streams(t.Account), control: control.New(), hosted: &hosted{folder: c.store.folder, leaves: true}}
	a.display = a.Err
	show(func() queue.Progress { return progressOf(a.control.Status(time.Now())) })
	ctx, done := stopFor(ctx)
	defer done()
	renew := c.store.renewer()
	err := c.execute(ctx, a, c.arguments(t))
	o := jobOutcome(ctx, a, err)
	c.say(a, t.Account, o, err)
	if o.End == queue.Outage {
		renew()
	}
	c.ends.count(o.End)
	return o
}

// say tells what a command ended with: of one that goes on by itself, what it waits for, as often as that changes.
func (c *carrier) say(a *app, account string, o queue.Outcome, err error) {
	what := ""
	if o.End == queue.Again && o.Wait > 0 {
		what = o.Why
	}
	switch isNew := c.waits.new(account, what); {
	case o.End != queue.Again:
		a.printError(err)
	case what != "" && isNew:
		a.note("waits: %s", what)
	}
}

// arguments are those of the command of a task.
func (c *carrier) arguments(t queue.Task) []string {
	args := slices.Clone(t.Command)
	if t.Run != "" {
		args = []string{"resume", t.Run, "--yes", "--quiet"}
	}
	if args[0] == "apply" {
		for _, flag := range []string{"--yes", "--continue"} {
			if !slices.Contains(args, flag) {
				args = append(args, flag)
			}
		}
	}
	return append(args, "--"+accountFlag, t.Account, "--"+accountsFlag, c.a.accounts.dir, "--"+option.RunsDir, c.f.runsDir)
}

// stopFor is a context that ends with another one, for a cause that a run can be stopped for.
func stopFor(ctx context.Context) (context.Context, func()) {
	stopped, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	off := context.AfterFunc(ctx, func() {
		why := context.Cause(ctx)
		if errors.Is(why, queue.ErrCancelled) {
			why = result.Stop{Reason: result.StoppedByOperator, Detail: "fleet cancel"}
		}
		stop(why)
	})
	return stopped, func() { off(); stop(nil) }
}

// lockedPause is after which what somebody else has locked is tried again.
const lockedPause = 15 * time.Second

// jobOutcome is what follows for a job from how its command ended.
func jobOutcome(ctx context.Context, a *app, err error) queue.Outcome {
	o := queue.Outcome{ExitCode: ExitCode(err)}
	if err != nil {
		o.Why = result.OneLine(err)
	}
	stop, _ := errors.AsType[result.Stop](err)
	locked, isLocked := errors.AsType[*store.LockedError](err)
	call, failed := errors.AsType[*client.Error](err)
	switch {
	case o.ExitCode == exitOK, o.ExitCode == exitIncomplete:
		o.End = queue.Done
	case ctx.Err() != nil:
		o.End = queue.Again
	case isLocked:
		o.End, o.Wait, o.Why = queue.Again, lockedPause, locked.Error()
	case stop.Reason == result.StoppedByHours:
		o.End, o.Wait = queue.Again, max(time.Until(a.hosted.begins), time.Second)
	case stop.Reason == result.StoppedByOutage, stop.Reason == result.StoppedByDisk, postgres.Away(err),
		failed && (call.Kind == client.KindOutage || call.Kind == client.KindUnavailable):
		o.End = queue.Outage
	default:
		o.End = queue.NeedsPerson
	}
	return o
}

// progressOf is how far a run is.
func progressOf(s *control.Status) queue.Progress {
	return queue.Progress{
		Run: s.Run.Name, Phase: string(s.Phase), Why: s.Why, Done: s.Done, Total: s.Updates, Ends: s.Progress.Ends,
		Waits: len(s.Ways) > 0,
	}
}

// streams are those of a command of an account: nobody is asked, what is printed stands in the run's folder, and what is
// said is said by the worker, with the account before each line.
func (c *carrier) streams(account string) Streams {
	s := c.a.Streams
	s.In, s.Out, s.Insists = strings.NewReader(""), io.Discard, nil
	s.LookupEnv = withoutOwn(s.LookupEnv, c.accounts, variableName(pushFlag), variableName(pushAuthFlag)) // who works is scraped
	s.InTerminal, s.OutTerminal, s.ErrTerminal, s.Width, s.OutWidth = false, false, false, nil, nil
	if _, json := s.Err.(*log.Lines); !json {
		s.Err = &prefixed{to: s.Err, mu: &c.err, prefix: account + ": "}
	}
	return s
}

// prefixed writes lines with something before each.
type prefixed struct {
	to     io.Writer
	mu     *sync.Mutex
	prefix string
	rest   []byte // of a line that is not at its end
}

// Write is of [io.Writer].
func (p *prefixed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = append(p.rest, b...)
	for {
		end := bytes.IndexByte(p.rest, '\n')
		if end < 0 {
			return len(b), nil
		}
		if _, err := io.WriteString(p.to, p.prefix+string(p.rest[:end+1])); err != nil {
			return 0, err
		}
		p.rest = p.rest[end+1:]
	}
}
