package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// nameAccount finds out whose the key is, and locks that too. It returns the page of
// the inventory that was read for that, if one was.
func (e *execution) nameAccount(ctx context.Context) (first *current.FirstPage, err error) {
	account, first, err := e.cfg.account(ctx, e.reader)
	if err != nil {
		return nil, err
	}
	e.run.Stored.Account = account
	return first, e.cfg.Lock.extend(ctx, e.cfg.Store, account, e.run.Folder())
}

// account is whose the configuration's key is. When the store does not know yet
// who the API says that is, the API is asked: another key may have moved the same
// numbers. The page of the inventory that tells it is returned, so that it need
// not be read again. Where the API does not say, the account is its key. An error
// of the API is one that concerns the whole run.
func (cfg Config) account(ctx context.Context, reader *client.Reader) (a store.Account, first *current.FirstPage, err error) {
	a, err = cfg.Store.Account(ctx, cfg.API, cfg.Account)
	if err != nil || a.Name != "" || cfg.TokenOnly || reader == nil {
		return a, nil, err
	}
	if err := cfg.awaitAsked(ctx, a, func(event.Event) {}); err != nil {
		return a, nil, err
	}
	page, err := reader.FirstPage(ctx)
	if err != nil {
		return a, nil, unnamed(ctx, err)
	}
	if page.AccountId != "" {
		a, err = cfg.Store.NameAccount(ctx, a, page.AccountId)
	}
	return a, &current.FirstPage{InventoryPage: page, At: time.Now()}, err
}

// unnamed is the error of asking for the account's name, unless it says that this
// API never tells it: while nobody knows whose numbers these are, nobody knows what
// protects them.
func unnamed(ctx context.Context, err error) error {
	if ends := result.EndOfCall(ctx, err); ends != nil {
		return ends
	}
	call, ok := errors.AsType[*client.Error](err)
	if ok && slices.Contains([]client.Kind{client.KindNotFound, client.KindInvalid, client.KindForbidden}, call.Kind) {
		return nil
	}
	return result.StopFor(result.StoppedByAPI, fmt.Errorf("whose the account key is cannot be read: %w", err))
}

// extend locks the account under its name too, as soon as that is known. A name
// that is locked already, because the store had it, costs nothing.
func (l *AccountLock) extend(ctx context.Context, of store.Store, account store.Account, run string) error {
	if l == nil || account.Name == "" || l.named {
		return nil
	}
	if l.beside {
		return l.belongs(ctx, of, account)
	}
	lock, err := of.Lock(ctx, account, store.Myself(run, l.command), l.wait)
	if err != nil {
		return err
	}
	before := l.lock
	l.lock, l.named = both{before, lock}, true
	return nil
}

// both are two locks that are held together.
type both [2]store.Lock

// Tell says at both who holds them.
func (b both) Tell(me store.Holder) {
	for _, lock := range b {
		lock.Tell(me)
	}
}

// Held is an error when one of them is not this process's own any more.
func (b both) Held() error {
	for _, lock := range b {
		if err := lock.Held(); err != nil {
			return err
		}
	}
	return nil
}

// fenced reports whether there is one that is.
func (b both) fenced() bool {
	return slices.ContainsFunc(b[:], func(lock store.Lock) bool {
		_, is := lock.(store.Fence)
		return is
	})
}

// Renew is of [store.Fence].
func (b both) Renew() error {
	for _, lock := range b {
		if f, is := lock.(store.Fence); is {
			if err := f.Renew(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Release lets both go.
func (b both) Release() {
	for _, lock := range b {
		lock.Release()
	}
}

// unusable says why a run has no plan that is of use to another one, or nothing.
func (cfg Config) unusable(ctx context.Context, r *runs.Run) (string, error) {
	if r.Plan == nil {
		return "was never finished, and sent nothing: resume it, or apply its file anew", nil
	}
	return cfg.foreign(ctx, r)
}

// foreign says that a run is of another account or address than a configuration,
// or nothing.
func (cfg Config) foreign(ctx context.Context, r *runs.Run) (string, error) {
	account, err := cfg.Store.Account(ctx, cfg.API, cfg.Account)
	if err == nil && !r.Stored.Account.Same(account) && r.Stored.Account.API == account.API {
		account, _, err = cfg.account(ctx, cfg.Reader) // it may be another key of the same
	}
	switch {
	case err != nil:
		return "", err
	case r.Stored.Account.API != account.API:
		return fmt.Sprintf("was made for the API at %s, not for that at %s", r.Stored.Account.API, account.API), nil
	case !r.Stored.Account.Same(account):
		return fmt.Sprintf("was made for account %s, not %s", r.Stored.Account, account), nil
	default:
		return "", nil
	}
}
