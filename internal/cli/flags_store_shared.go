package cli

import (
	"context"
	"errors"
	"os"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/queue"
)

// storeVariable has the address of a store that several hosts share, or with _FILE the file that has it: it may have a
// password, and a flag would show it to everybody on the host.
const storeVariable = "BULKNUM_STORE"

// errInFolder refuses a command about files where the store has none.
var errInFolder = &configError{
	err:  errors.New(storeVariable + " is set, and this command is for a store in a runs folder"),
	hint: "unset " + storeVariable + ", and give --runs-dir; docs/several-hosts.md has what to do with a store in PostgreSQL",
}

// storeAddress is the address of the store that several hosts share; "": the store is in the runs folder.
func (a *app) storeAddress() (postgres.Address, error) {
	for _, name := range []string{storeVariable, storeVariable + "_FILE"} {
		if value, set := a.LookupEnv(name); set && value == "" {
			return "", &configError{err: errors.New(name + " is empty, which names no store"), hint: "unset " + name + ", or give it a value"}
		}
	}
	address, err := readSecret(a.Streams, storeVariable)
	if err != nil {
		return "", &configError{err: err, hint: "give the store's address in one of " + storeVariable + " and " + storeVariable + "_FILE"}
	}
	return postgres.Address(address), nil
}

// sharedOptions say how a store that several hosts share is opened.
func sharedOptions(a *app, f *storeFlags, use storeUse, address postgres.Address) (postgres.Options, error) {
	state, err := readyState(a, use)
	if err != nil {
		return postgres.Options{}, err
	}
	o := postgres.Options{
		Address: address, State: state, ReadOnly: use == toRead, Program: "bulknum " + buildVersion(),
		Notice: func(text string) { a.warn("%s", text) },
	}
	if f.timeout != nil {
		o.Timeout, o.Patience = *f.timeout, *f.outageWait
	}
	return o, nil
}

// openShared opens a store that several hosts share, whose runs have their folders in the runs folder; done closes it.
func openShared(ctx context.Context, a *app, f *storeFlags, use storeUse, address postgres.Address) (in runs.Folder, done func(), err error) {
	options, err := sharedOptions(a, f, use, address)
	if err != nil {
		return in, nil, err
	}
	opened, err := postgres.Open(ctx, options)
	if err != nil {
		return in, nil, sharedError(err)
	}
	if use == toWrite {
		if err := os.MkdirAll(f.runsDir, 0o700); err != nil {
			return in, nil, errors.Join(inRunsFolder(err), opened.Close())
		}
	}
	return runs.Folder{Store: opened, Dir: f.runsDir}, closing(a, opened), nil
}

// sharedError is an error of an address that is no good.
func sharedError(err error) error {
	if storeRefused(err) || errors.Is(err, context.Canceled) {
		return err
	}
	return &configError{err: err, hint: "see " + storeVariable + ", or the file of " + storeVariable + "_FILE"}
}

// queueError is an error of the queue in the database of a store, with its cure.
func queueError(at postgres.Address, err error) error {
	if unmade, is := errors.AsType[*queue.UnmadeError](err); is {
		return &configError{err: unmade}
	}
	return postgres.Unreached(at, err)
}
