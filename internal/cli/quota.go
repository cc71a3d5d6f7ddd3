package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/batch/store/sqlite/quota"
	"github.com/bulknum/bulknum/client"
)

// shareQuota lets the requests of a command count against the one budget that the account has in the store, or else in the
// user's state folder; done ends it. sends tells that the command has the account, and keeps half of it at least beside those
// that only read. The sandbox is nobody's quota.
func shareQuota(ctx context.Context, a *app, f *connectFlags, way *connection, gate *client.Gate, sends bool) (done func(), err error) {
	if way.sandbox {
		return func() {}, nil
	}
	address, err := a.storeAddress()
	if err != nil {
		return nil, err
	}
	account := store.Account{API: way.api, Key: way.account}
	if address == "" {
		return func() {}, shareInFolder(ctx, a, f, account, gate, quota.Asker{Run: sends, Longest: f.maxRetryAfter})
	}
	if account, err = enteredAccount(ctx, a, f, account); err != nil {
		return nil, err
	}
	options, err := sharedOptions(a, f.store, toRead, address)
	if err != nil {
		return nil, err
	}
	q, err := postgres.OpenQuota(options, account, postgres.QuotaOptions{Run: sends, Longest: f.maxRetryAfter})
	if err != nil {
		return nil, sharedError(err)
	}
	gate.Share(q)
	return func() { _ = q.Close() }, nil
}

// shareInFolder shares the budget in the user's state folder, where the commands of all runs folders meet.
func shareInFolder(ctx context.Context, a *app, f *connectFlags, account store.Account, gate *client.Gate, who quota.Asker) error {
	// Who the API says the key's account is, if a run has found out: another key of it spends the same.
	if in, done, err := a.openRuns(ctx, f.store, toRead, false); err == nil {
		if known, err := in.Store.Account(ctx, account.API, account.Key); err == nil {
			account = known
		}
		done()
	}
	state, err := stateFolder(a.Streams)
	if err != nil {
		return &configError{err: err, hint: stateHint}
	}
	q, err := quota.Open(ctx, state, account, who)
	if _, unusable := errors.AsType[*os.PathError](err); unusable {
		err = &configError{err: fmt.Errorf("quota: %w", err), hint: stateHint}
	}
	if err != nil {
		return err
	}
	gate.Share(q)
	return nil
}

// enteredAccount is an account as a store that several hosts share has it. It is entered if it is not there yet.
func enteredAccount(ctx context.Context, a *app, f *connectFlags, account store.Account) (known store.Account, err error) {
	for _, use := range []storeUse{toRead, toWrite} {
		in, done, err := a.openRuns(ctx, f.store, use, false)
		if err != nil {
			return known, err
		}
		known, err = in.Store.Account(ctx, account.API, account.Key)
		done()
		if err != nil || known.ID >= 0 {
			return known, err
		}
	}
	return known, nil
}
