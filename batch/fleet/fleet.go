// Package fleet is the order in which the work of many accounts is done, side by side, and what became of it.
package fleet

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bulknum/bulknum/batch/result"
)

// MostAtOnce is how many accounts are worked for at a time, unless something else is asked for: they wait for their
// limits, and not for the processor.
const MostAtOnce = 64

// Options say in which order accounts are worked for.
type Options struct {
	// Parallel is how many at a time; 0: all, up to [MostAtOnce].
	Parallel int
	// First are the accounts that go ahead: the others begin when all of them have ended.
	First []string
	// GoOn lets accounts begin although the work for another one failed. Otherwise those that have begun come to their
	// end, and no other one begins.
	GoOn bool
}

// Outcome is what became of the work for an account.
type Outcome struct {
	Account string `json:"account"`
	// Begun tells that it was worked for; otherwise Why says why not.
	Begun bool `json:"begun"`
	// ExitCode is what the command would have ended with by itself.
	ExitCode int `json:"exitCode"`
	// Why is what went wrong, on one line; "": nothing.
	Why string `json:"why,omitempty"`
	// Run is the name of the run, Folder its folder; "": there is none.
	Run    string `json:"run,omitempty"`
	Folder string `json:"folder,omitempty"`
	// State is how far the run has come, in a word.
	State string `json:"state,omitempty"`
	// Rows is how many there are, and Counts what became of them.
	Rows   int                   `json:"rows,omitempty"`
	Counts map[result.Status]int `json:"counts,omitempty"`
	// Took is how long the work took.
	Took time.Duration `json:"-"`
	// TookMs is the same in milliseconds.
	TookMs int64 `json:"tookMs,omitempty"`
}

// Failed reports whether an outcome keeps others from beginning. That there are changes, or that numbers have drifted, is
// what was asked for.
func (o Outcome) Failed() bool { return o.ExitCode != 0 && o.ExitCode != exitChanges }

// Stopped reports whether the work did not come to its end, for a cause that may be gone another time: then it can go on.
func (o Outcome) Stopped() bool {
	return !o.Begun || slices.Contains([]int{8, 7, 6}, o.ExitCode) || o.ExitCode >= signals
}

// exitChanges is the exit code of a plan that has changes, and of a verification that found drift.
const exitChanges = 2

// Work does the work for each account, and returns what became of it, in the order of the accounts. Once ctx has ended no
// further account begins; the work is given the same context, and is waited for.
func Work(ctx context.Context, accounts []string, o Options, work func(ctx context.Context, account string) Outcome) []Outcome {
	f := &fleet{o: o, work: work, outcomes: make([]Outcome, len(accounts))}
	var first, rest []int
	for i, name := range accounts {
		f.outcomes[i] = Outcome{Account: name}
		if slices.Contains(o.First, name) {
			first = append(first, i)
		} else {
			rest = append(rest, i)
		}
	}
	f.wave(ctx, first)
	f.wave(ctx, rest)
	return f.outcomes
}

// fleet is the work under way.
type fleet struct {
	o        Options
	work     func(context.Context, string) Outcome
	outcomes []Outcome

	mu     sync.Mutex
	failed string // the account whose work failed first
}

// wave works for some accounts, and ends when all of them have ended.
func (f *fleet) wave(ctx context.Context, accounts []int) {
	var g errgroup.Group
	g.SetLimit(limit(f.o.Parallel, len(accounts)))
	for _, i := range accounts {
		g.Go(func() error {
			f.one(ctx, i)
			return nil
		})
	}
	_ = g.Wait() // an account's failure is an outcome
}

// limit is how many accounts are worked for at a time.
func limit(asked, accounts int) int {
	if asked > 0 {
		return asked
	}
	return max(1, min(accounts, MostAtOnce))
}

// one works for one account, unless it may not begin.
func (f *fleet) one(ctx context.Context, i int) {
	name := f.outcomes[i].Account
	if why := f.stopped(ctx); why != "" {
		f.outcomes[i].Why = why
		return
	}
	began := time.Now()
	done := f.work(ctx, name)
	done.Account, done.Begun, done.Took = name, true, time.Since(began)
	done.TookMs = done.Took.Milliseconds()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outcomes[i] = done
	if done.Failed() && f.failed == "" {
		f.failed = name
	}
}

// stopped is why no further account begins; "": one may.
func (f *fleet) stopped(ctx context.Context) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return "not begun: " + context.Cause(ctx).Error()
	case f.failed != "" && !f.o.GoOn:
		return "not begun, because account " + f.failed + " failed before"
	default:
		return ""
	}
}

// gravity are the exit codes from the worst on, as far as they are not signals': those come after the first four.
func gravity() []int { return []int{1, 64, 3, 8, signals, 7, 6, 4, 5, exitChanges} }

// signals stands for the exit codes from 128 on.
const signals = 128

// Worst is the exit code of all: the one that somebody must look at first. [exit-codes.md] has the order.
//
// [exit-codes.md]: https://github.com/bulknum/bulknum/blob/main/docs/exit-codes.md
func Worst(codes []int) int {
	worst, rank := 0, len(gravity())
	for _, code := range codes {
		at := slices.Index(gravity(), min(code, signals))
		if code != 0 && at < 0 {
			at = 0 // a code that nobody knows is unexpected
		}
		if code != 0 && at < rank {
			worst, rank = code, at
		}
	}
	return worst
}
