package sqlite

import (
	"database/sql"
	"errors"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
)

const accountQuery = `SELECT a.id, coalesce(a.name, '') FROM keys k JOIN accounts a ON a.id = k.account WHERE k.api = ? AND k.key = ?`

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

// accountNamed finds an account by its name, or else by its key, or enters it.
func (t *transaction) accountNamed(a store.Account) (store.Account, error) {
	if a.Name == "" {
		return t.account(a.API, a.Key)
	}
	api := store.PlainAPI(a.API)
	err := t.row("SELECT id FROM accounts WHERE api = ? AND name = ? AND merged IS NULL", api, a.Name).Scan(&a.ID)
	if errors.Is(err, sql.ErrNoRows) {
		var id int64
		id, err = t.insert("INSERT INTO accounts (api, name) VALUES (?, ?)", api, a.Name)
		a.ID = store.AccountID(id)
	}
	return a, err
}
