package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
)

// noAccount is an account that no run is of: a store that is only read does not
// enter it.
const noAccount store.AccountID = -1

const accountQuery = `SELECT a.id, coalesce(a.name, '') FROM keys k JOIN accounts a ON a.id = k.account WHERE k.api = ? AND k.key = ?`

// Account finds the account of a key, or enters it.
func (s *Store) Account(ctx context.Context, api, key string) (store.Account, error) {
	a := store.Account{API: store.PlainAPI(api), Key: record.Clean(key)}
	err := s.reading.QueryRowContext(ctx, accountQuery, a.API, a.Key).Scan(&a.ID, &a.Name)
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
	err = s.writer.do(false, func(t *transaction) (err error) {
		a, err = t.account(api, key)
		return err
	})
	if err == nil {
		s.asked(a)
	}
	return a, s.unsaved(err)
}

// account finds or enters the account of a key.
func (t *transaction) account(api, key string) (store.Account, error) {
	a := store.Account{API: store.PlainAPI(api), Key: record.Clean(key)}
	err := t.row(accountQuery, a.API, a.Key).Scan(&a.ID, &a.Name)
	if !errors.Is(err, sql.ErrNoRows) {
		return a, err
	}
	id, err := t.insert("INSERT INTO accounts (api) VALUES (?)", a.API)
	if err != nil {
		return a, err
	}
	a.ID = store.AccountID(id)
	return a, t.exec("INSERT INTO keys (api, key, account) VALUES (?, ?, ?)", a.API, a.Key, id)
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
	if s.writer == nil {
		return a, fmt.Errorf("store %s: %w", s.path, errReadOnly)
	}
	err = s.writer.do(false, func(t *transaction) (err error) {
		now, err = t.nameAccount(a.API, a.Key, name)
		return err
	})
	if err == nil {
		s.asked(now)
	}
	return now, s.unsaved(err)
}

// nameAccount gives a key's account a name, or makes it one with the account that
// has it. A key that was another's until now leaves that one its runs.
func (t *transaction) nameAccount(api, key, name string) (store.Account, error) {
	a, err := t.account(api, key)
	if err != nil || a.Name == name {
		return a, err
	}
	var known int64
	err = t.row("SELECT id FROM accounts WHERE api = ? AND name = ? AND merged IS NULL", a.API, name).Scan(&known)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return a, err
	case a.Name != "" && known == 0:
		known, err = t.insert("INSERT INTO accounts (api, name) VALUES (?, ?)", a.API, name)
		if err != nil {
			return a, err
		}
	case a.Name == "" && known == 0:
		err = t.exec("UPDATE accounts SET name = ? WHERE id = ?", name, int64(a.ID))
		a.Name = name
		return a, err
	case a.Name == "":
		if err := t.merge(int64(a.ID), known); err != nil {
			return a, err
		}
	}
	a.ID, a.Name = store.AccountID(known), name
	return a, t.exec("UPDATE keys SET account = ? WHERE api = ? AND key = ?", known, a.API, a.Key)
}

// merge gives all that an account has to another one.
func (t *transaction) merge(from, to int64) error {
	clear(t.accounts)
	for _, query := range []string{
		"UPDATE runs SET account = ? WHERE account = ?",
		"UPDATE intents SET account = ? WHERE account = ?",
		"UPDATE gaps SET account = ? WHERE account = ?",
		"UPDATE keys SET account = ? WHERE account = ?",
		"UPDATE accounts SET merged = ? WHERE merged = ?",
		"UPDATE accounts SET merged = ? WHERE id = ?",
	} {
		if err := t.exec(query, to, from); err != nil {
			return err
		}
	}
	return nil
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
