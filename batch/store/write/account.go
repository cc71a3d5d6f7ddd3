package write

import (
	"database/sql"
	"errors"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

// accounts is the table of accounts, without the one that an account has become.
var accounts = record.Table{Name: "accounts", Columns: []string{"id", "api", "name"}}

// AccountQuery asks for the account of a key at an address of the API.
const AccountQuery = `SELECT a.id, coalesce(a.name, '') FROM keys k JOIN accounts a ON a.id = k.account WHERE k.api = ? AND k.key = ?`

// Account finds or enters the account of a key.
func (t *Tx) Account(api, key string) (store.Account, error) {
	a := store.Account{API: store.PlainAPI(api), Key: record.Clean(key)}
	err := t.Row(AccountQuery, a.API, a.Key).Scan(&a.ID, &a.Name)
	if !errors.Is(err, sql.ErrNoRows) {
		return a, err
	}
	id, err := t.Insert(&accounts, record.Record{nil, a.API, nil})
	if err != nil {
		return a, err
	}
	a.ID = store.AccountID(id)
	return a, t.Exec("INSERT INTO keys (api, key, account) VALUES (?, ?, ?)", a.API, a.Key, id)
}

// NameAccount gives a key's account a name, or makes it one with the account that
// has it. A key that was another's until now leaves that one its runs.
func (t *Tx) NameAccount(api, key, name string) (store.Account, error) {
	a, err := t.Account(api, key)
	if err != nil || a.Name == name {
		return a, err
	}
	var known int64
	err = t.Row("SELECT id FROM accounts WHERE api = ? AND name = ? AND merged IS NULL", a.API, name).Scan(&known)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return a, err
	case a.Name != "" && known == 0:
		known, err = t.Insert(&accounts, record.Record{nil, a.API, name})
		if err != nil {
			return a, err
		}
	case a.Name == "" && known == 0:
		err = t.Exec("UPDATE accounts SET name = ? WHERE id = ?", name, int64(a.ID))
		a.Name = name
		return a, err
	case a.Name == "":
		if err := t.Merge(int64(a.ID), known); err != nil {
			return a, err
		}
	}
	a.ID, a.Name = store.AccountID(known), name
	return a, t.Exec("UPDATE keys SET account = ? WHERE api = ? AND key = ?", known, a.API, a.Key)
}

// Merge gives all that an account has to another one.
func (t *Tx) Merge(from, to int64) error {
	clear(t.accounts)
	err := t.Exec("UPDATE accounts SET page_size = coalesce(page_size, (SELECT f.page_size FROM accounts f WHERE f.id = ?)) WHERE id = ?", from, to)
	if err != nil {
		return err
	}
	err = t.Exec(`UPDATE accounts SET rate = (SELECT f.rate FROM accounts f WHERE f.id = ?), rate_at = (SELECT f.rate_at FROM accounts f WHERE f.id = ?)
		WHERE id = ? AND rate IS NULL`, from, from, to)
	if err != nil {
		return err
	}
	for _, query := range []string{
		"UPDATE runs SET account = ? WHERE account = ?",
		"UPDATE intents SET account = ? WHERE account = ?",
		"UPDATE gaps SET account = ? WHERE account = ?",
		"UPDATE keys SET account = ? WHERE account = ?",
		"UPDATE accounts SET merged = ? WHERE merged = ?",
		"UPDATE accounts SET merged = ? WHERE id = ?",
	} {
		if err := t.Exec(query, to, from); err != nil {
			return err
		}
	}
	return nil
}

// What is kept of an account: the last two arguments are the account, for one that was merged into another.
const (
	// KeepLearntRate remembers the rate that stays below its limit and when it was learnt; "" forgets it.
	KeepLearntRate = "UPDATE accounts SET rate = nullif(?, ''), rate_at = ? WHERE " + itself
	// KeepPageSize remembers how many numbers a page of its inventory can be asked to have; 0 forgets it.
	KeepPageSize = "UPDATE accounts SET page_size = nullif(?, 0) WHERE " + itself

	itself = "id = coalesce((SELECT merged FROM accounts WHERE id = ?), ?)"
)

// AccountNamed finds an account by its name, or else by its key, or enters it.
func (t *Tx) AccountNamed(a store.Account) (store.Account, error) {
	if a.Name == "" {
		return t.Account(a.API, a.Key)
	}
	api := store.PlainAPI(a.API)
	err := t.Row("SELECT id FROM accounts WHERE api = ? AND name = ? AND merged IS NULL", api, a.Name).Scan(&a.ID)
	if errors.Is(err, sql.ErrNoRows) {
		var id int64
		id, err = t.Insert(&accounts, record.Record{nil, api, a.Name})
		a.ID = store.AccountID(id)
	}
	return a, err
}
