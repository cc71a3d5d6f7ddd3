package cli

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/postgres"
)

// sharedStore is one store for all accounts that a process works for: each of its own would take connections of its own.
type sharedStore struct {
	a  *app
	at postgres.Address
	// ending is done when the process is to end: then a server that is away is not waited for any more for long.
	ending context.Context //nolint:containedctx // it is opened when the first command needs it
	// to is what it is opened for.
	to storeUse

	mu  sync.Mutex
	now *usedStore // nil: it is not open
	// renewals is how often it was to be opened anew.
	renewals int
}

// folder are the runs of an account in the store that all of the process's accounts share, unless the command needs one of
// its own; done gives it back.
func (s *sharedStore) folder(f *storeFlags, use storeUse, at postgres.Address) (in runs.Folder, done func(), is bool, err error) {
	if s.at != at || s.to == toRead && use == toWrite || f.timeout != nil && *f.timeout > postgres.DefaultTimeout {
		return in, nil, false, nil
	}
	opened, done, err := s.use(f.outageWait)
	if err != nil { // who may only read does so by a store of its own
		return in, nil, use == toWrite || !errors.Is(err, store.ErrBarred), err
	}
	if use == toWrite {
		if err := os.MkdirAll(f.runsDir, 0o700); err != nil {
			done()
			return in, nil, true, inRunsFolder(err)
		}
	}
	return runs.Folder{Store: opened, Dir: f.runsDir}, done, true, nil
}

// usedStore is a store that is open, as often as it is used.
type usedStore struct {
	*postgres.Store
	uses int
}

// use opens the store, if it is not open, to wait for its server as long as its first command says; done gives it back.
func (s *sharedStore) use(outageWait *time.Duration) (opened *postgres.Store, done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		options, err := sharedOptions(s.a, &storeFlags{}, s.to, s.at)
		if err != nil {
			return nil, nil, err
		}
		if outageWait != nil {
			options.Patience = *outageWait
		}
		is, err := postgres.Open(s.ending, options)
		if err != nil {
			return nil, nil, sharedError(err)
		}
		s.now = &usedStore{is, 1} // which renew gives back
	}
	used := s.now
	used.uses++
	return used.Store, sync.OnceFunc(func() { s.giveBack(used) }), nil
}

// giveBack closes a store that nobody uses any more.
func (s *sharedStore) giveBack(used *usedStore) {
	s.mu.Lock()
	used.uses--
	last := used.uses == 0
	s.mu.Unlock()
	if last {
		closing(s.a, used.Store)()
	}
}

// renew has the store opened anew by the next command: this one may be no good for recording any more.
func (s *sharedStore) renew() {
	s.mu.Lock()
	used := s.now
	s.now = nil
	s.renewals++
	s.mu.Unlock()
	if used != nil {
		s.giveBack(used)
	}
}

// renewer has the store opened anew as renew does, but once for all commands that go on now: each of many that met the same
// trouble would leave one more store open beside those that others still use.
func (s *sharedStore) renewer() (renew func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.renewals
	return func() {
		s.mu.Lock()
		fresh := s.renewals != known
		s.mu.Unlock()
		if !fresh {
			s.renew()
		}
	}
}

// enterRun enters a run, to be carried out by a worker.
func enterRun(a *app, cmd *cobra.Command, f *applyFlags, config batch.Config) error {
	if err := f.sending(a, cmd, &config); err != nil {
		return err
	}
	problems := &problemList{name: config.SourceName}
	config.Listeners = []event.Listener{problems.listen}
	run, err := batch.Enter(cmd.Context(), config)
	if err != nil {
		problems.show(a.line)
		return err
	}
	a.hosted.entered(run, config)
	return nil
}
