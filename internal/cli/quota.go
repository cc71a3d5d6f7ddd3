package cli

import (
	"context"
	"errors"
	"os"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/batch/store/sqlite/quota"
	"github.com/bulknum/bulknum/client"
)

// sharer is who shares the rate: whether it sends, whether its run tells of a store that is away, and the store, if the
// command has it open.
type sharer struct {
	sends, tells bool
	in           store.Store
}

// shareQuota lets the requests of a command count against the one budget that the account has in the store, or else in the
// user's state folder, where the commands of all runs folders meet; done ends it. Who sends keeps half of it at least beside
// those that only read. The sandbox is nobody's quota.
func shareQuota(ctx context.Context, a *app, f *connectFlags, way *connection, gate *client.Gate, who sharer) (done func(), err error) {
	done = func() {}
	if way.sandbox {
		return done, nil
	}
	address, err := a.storeAddress()
	if err != nil {
		return nil, err
	}
	account, err := who.account(ctx, a, f, way, address != "")
	if err != nil {
		return nil, err
	}
	if address == "" {
		state, err := stateFolder(a.Streams)
		if err != nil {
			return nil, &configError{err: err, hint: stateHint}
		}
		q, err := quota.Open(ctx, state, account, quota.Asker{Run: who.sends, Longest: f.maxRetryAfter})
		if _, unusable := errors.AsType[*os.PathError](err); unusable {
			err = &configError{err: err, hint: stateHint}
		}
		if err == nil {
			gate.Share(q)
		}
		return done, err
	}
	options, err := sharedOptions(a, f.store, toRead, address)
	if err != nil {
		return nil, err
	}
	if who.tells {
		options.Notice = nil
	}
	q, err := postgres.OpenQuota(options, account, postgres.QuotaOptions{Run: who.sends, Longest: f.maxRetryAfter})
	if err != nil {
		return nil, sharedError(err)
	}
	gate.Share(q)
	return func() { _ = q.Close() }, nil
}

// account is the key's as the store has it: who the API says that it is may be known, and another key may spend the same. A
// store that several hosts share must have it; one in a runs folder that cannot be read is no trouble here.
func (s sharer) account(ctx context.Context, a *app, f *connectFlags, way *connection, shared bool) (known store.Account, err error) {
	if s.in != nil {
		return s.in.Account(ctx, way.api, way.account)
	}
	for _, use := range []storeUse{toRead, toWrite} {
		in, done, err := a.openRuns(ctx, f.store, use, false)
		if err == nil {
			known, err = in.Store.Account(ctx, way.api, way.account)
			done()
		}
		switch {
		case err == nil && known.ID >= 0:
			return known, nil
		case !shared:
			return store.Account{API: way.api, Key: way.account}, nil
		case err != nil:
			return known, err
		}
	}
	return known, nil
}
