package database

import (
	"context"
	"database/sql"
	"errors"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/write"
)

// Account finds the account of a key, or enters it.
func (d *Database) Account(ctx context.Context, api, key string) (store.Account, error) {
	a := store.Account{API: store.PlainAPI(api), Key: record.Clean(key)}
	err := d.Pool.Row(ctx, write.AccountQuery, a.API, a.Key).Scan(&a.ID, &a.Name)
	if err == nil {
		d.asked(a)
		return a, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return store.Account{}, d.Pool.Unread(err)
	}
	if d.Writer == nil {
		a.ID = query.NoAccount
		return a, nil
	}
	err = d.Writer.Do(false, func(t *write.Tx) (err error) {
		a, err = t.Account(api, key)
		return err
	})
	if err == nil {
		d.asked(a)
	}
	return a, d.Writer.Unsaved(err)
}

// NameAccount remembers who the API says the key's account is.
func (d *Database) NameAccount(ctx context.Context, a store.Account, name string) (store.Account, error) {
	if name = record.Clean(name); name == "" {
		return a, errors.New("an account's name is not empty")
	}
	now, err := d.Account(ctx, a.API, a.Key)
	if err != nil || now.Name == name {
		return now, err
	}
	w, err := d.writable()
	if err != nil {
		return a, err
	}
	err = w.Do(false, func(t *write.Tx) (err error) {
		now, err = t.NameAccount(a.API, a.Key, name)
		return err
	})
	if err == nil {
		d.asked(now)
	}
	return now, w.Unsaved(err)
}

// KeepLearntRate remembers the rate that stays below an account's limit; the zero rate forgets it.
func (d *Database) KeepLearntRate(_ context.Context, account store.AccountID, learnt store.LearntRate) error {
	w, err := d.writable()
	if err != nil {
		return err
	}
	return w.Unsaved(w.Do(false, func(t *write.Tx) error {
		return t.Exec(write.KeepLearntRate, learnt.Rate, record.Micros(learnt.At), int64(account), int64(account))
	}))
}

// KeepPageSize remembers how many numbers a page of an account's inventory can be asked to have; 0 forgets it.
func (d *Database) KeepPageSize(_ context.Context, account store.AccountID, size int) error {
	w, err := d.writable()
	if err != nil {
		return err
	}
	return w.Unsaved(w.Do(false, func(t *write.Tx) error { return t.Exec(write.KeepPageSize, size, int64(account), int64(account)) }))
}
