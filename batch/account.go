package batch

import (
	"context"

	"github.com/bulknum/bulknum/batch/store"
)

// nameAccount finds out who the API says the key's account is, when the store
// does not know it yet: another key may have moved the same numbers. The page of
// the inventory that tells it is not read again. Where the API does not say, the
// account is its key.
func (e *engine) nameAccount(ctx context.Context) error {
	account, err := e.cfg.Store.Account(ctx, e.cfg.API, e.cfg.Account)
	if err != nil {
		return e.unrecorded(err)
	}
	if account.Name == "" && !e.cfg.TokenOnly && !e.cfg.Sandbox {
		if account, err = e.askAccount(ctx, account); err != nil {
			return err
		}
	}
	e.is.Account = account
	return e.cfg.Lock.extend(ctx, e.cfg.Store, account, e.dir().Path())
}

// askAccount asks the API for the account's name. That it does not tell is data;
// only what concerns the whole run is an error.
func (e *engine) askAccount(ctx context.Context, account store.Account) (store.Account, error) {
	for page, err := range e.reader.Inventory(ctx, 1) {
		if err != nil {
			return account, ending(ctx, err)
		}
		if e.first = &page; page.AccountId == "" {
			return account, nil
		}
		account, err = e.cfg.Store.NameAccount(ctx, account, page.AccountId)
		return account, e.unrecorded(err)
	}
	return account, nil
}

// extend locks the account under its name too, as soon as that is known. A name
// that is locked already, because the store had it, costs nothing.
func (l *AccountLock) extend(ctx context.Context, of store.Store, account store.Account, run string) error {
	if l == nil || account.Name == "" || l.named {
		return nil
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

// Release lets both go.
func (b both) Release() {
	for _, lock := range b {
		lock.Release()
	}
}
