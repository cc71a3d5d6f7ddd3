package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/write"
)

// noAccount is an account that no run is of: a store that is only read does not
// enter it.
const noAccount store.AccountID = -1

// Account finds the account of a key, or enters it.
func (s *Store) Account(ctx context.Context, api, key string) (store.Account, error) {
	a := store.Account{API: store.PlainAPI(api), Key: record.Clean(key)}
	err := s.reading.QueryRowContext(ctx, write.AccountQuery, a.API, a.Key).Scan(&a.ID, &a.Name)
	if err == nil {
		s.asked(a)
		return a, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return store.Account{}, s.unread(err)
	}
	if s.writer == nil {
		a.ID = noAccount
		return a, nil
	}
	err = s.writer.Do(false, func(t *write.Tx) (err error) {
		a, err = t.Account(api, key)
		return err
	})
	if err == nil {
		s.asked(a)
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
		s.asked(now)
	}
	return now, w.Unsaved(err)
}

// now is what an account's id is by now: two may have turned out to be one.
func (s *Store) now(ctx context.Context, account store.AccountID) (store.AccountID, error) {
	err := s.reading.QueryRowContext(ctx, "SELECT coalesce(merged, id) FROM accounts WHERE id = ?", int64(account)).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return noAccount, nil
	}
	return account, s.unread(err)
}

// Gaps are when somebody may have done anything to the account's numbers.
func (s *Store) Gaps(ctx context.Context, account store.AccountID) ([]store.Gap, error) {
	account, err := s.now(ctx, account)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, func(rows *sql.Rows) (g store.Gap, err error) {
		var at int64
		err = rows.Scan(&g.Sequence, &at, &g.Why)
		g.At = record.Moment(at)
		return g, err
	}, "SELECT sequence, at, why FROM gaps WHERE account = ? OR account IS NULL ORDER BY sequence", int64(account))
}
