package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/write"
)

// Account finds the account of a key, or enters it.
func (s *Store) Account(ctx context.Context, api, key string) (store.Account, error) {
	a := store.Account{API: store.PlainAPI(api), Key: record.Clean(key)}
	err := s.pool.DB.QueryRowContext(ctx, write.AccountQuery, a.API, a.Key).Scan(&a.ID, &a.Name)
	if err == nil {
		s.keys.remember(a)
		return a, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return store.Account{}, s.pool.Unread(err)
	}
	if s.writer == nil {
		a.ID = query.NoAccount
		return a, nil
	}
	err = s.writer.Do(false, func(t *write.Tx) (err error) {
		a, err = t.Account(api, key)
		return err
	})
	if err == nil {
		s.keys.remember(a)
	}
	return a, s.writer.Unsaved(err)
}

// NameAccount remembers who the API says the key's account is.
func (s *Store) NameAccount(ctx context.Context, a store.Account, name string) (store.Account, error) {
	if name = record.Clean(name); name == "" {
		return a, errors.New("an account's name is not empty")
	}
	now, err := s.Account(ctx, a.API, a.Key)
	if err != nil || now.Name == name {
		return now, err
	}
	w, err := s.writable()
	if err != nil {
		return a, err
	}
	err = w.Do(false, func(t *write.Tx) (err error) {
		now, err = t.NameAccount(a.API, a.Key, name)
		return err
	})
	if err == nil {
		s.keys.remember(now)
	}
	return now, w.Unsaved(err)
}

// KeepPageSize remembers how many numbers a page of an account's inventory can be asked to have; 0 forgets it.
func (s *Store) KeepPageSize(_ context.Context, account store.AccountID, size int) error {
	w, err := s.writable()
	if err != nil {
		return err
	}
	return w.Unsaved(w.Do(false, func(t *write.Tx) error { return t.KeepPageSize(account, size) }))
}

// askedKeys are by which key each account was asked for last: a run keeps it.
type askedKeys struct {
	mu   sync.Mutex
	last map[store.AccountID]string
}

func (k *askedKeys) remember(a store.Account) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.last == nil {
		k.last = map[store.AccountID]string{}
	}
	k.last[a.ID] = a.Key
}

// of is "" where the account was not asked for.
func (k *askedKeys) of(account store.AccountID) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last[account]
}
