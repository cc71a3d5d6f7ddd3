package salvage

import (
	"context"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/write"
)

// takeAccounts brings over who the runs are of. Each is told by a table and by an
// index; when neither can be read, all is as if nobody knew.
func (v *Job) takeAccounts(ctx context.Context) error {
	keys, sure := v.old.either(ctx, "SELECT api, key, account FROM keys NOT INDEXED", "SELECT api, key, account FROM keys INDEXED BY keys_account", 3)
	accounts, known := v.old.either(ctx, "SELECT id, api, name, merged FROM accounts NOT INDEXED",
		`SELECT id, api, name, NULL FROM accounts INDEXED BY accounts_name WHERE name IS NOT NULL AND merged IS NULL`, 4)
	if !sure || !known {
		v.everyone = append(v.everyone, "its accounts cannot be read")
	}
	v.accounts = map[int64]store.Account{}
	for _, r := range accounts {
		v.accounts[r.Int(0)] = store.Account{ID: store.AccountID(r.Int(0)), API: r.Text(1), Name: r.Text(2)}
	}
	for _, r := range keys { // of those without a name, only an index may tell
		a, ok := v.accounts[r.Int(2)]
		if !ok {
			a = store.Account{ID: store.AccountID(r.Int(2)), API: r.Text(0)}
			accounts = append(accounts, record.Record{r.Int(2), r.Text(0), nil, nil})
		}
		a.Key = r.Text(1)
		v.accounts[r.Int(2)] = a
	}
	return v.s.Writer.Do(false, func(t *write.Tx) error { return v.enterAccounts(t, accounts, keys) })
}

// enterAccounts enters who the runs are of. What stands in a damaged page may not
// be fit to be entered.
func (v *Job) enterAccounts(t *write.Tx, accounts, keys []record.Record) error {
	t.Reach(v.reached)
	if err := t.Exec("PRAGMA defer_foreign_keys = 1"); err != nil {
		return err
	}
	for _, r := range accounts {
		if _, ok := v.accounts[r.Int(3)]; !ok {
			r[3] = nil
		}
		if err := t.Exec("INSERT INTO accounts (id, api, name, merged) VALUES (?, ?, ?, ?)", r...); err != nil && !disk.Rejected(err) {
			return err
		}
	}
	for _, r := range keys {
		if err := t.Exec("INSERT INTO keys (api, key, account) VALUES (?, ?, ?)", r...); err != nil && !disk.Rejected(err) {
			return err
		}
	}
	if v.oldID == "" {
		return nil
	}
	return t.Exec("INSERT OR IGNORE INTO origins (store) VALUES (?)", v.oldID)
}

// takeGaps brings over when anything may have been done before.
func (v *Job) takeGaps(ctx context.Context) error {
	gaps, err := query.RowsOf(ctx, v.old.Checked, record.Scan(4), "SELECT sequence, account, at, why FROM gaps NOT INDEXED")
	if err != nil {
		v.everyone = append(v.everyone, "its gaps cannot be read")
		return nil //nolint:nilerr // there is a gap for all
	}
	origins, err := query.RowsOf(ctx, v.old.Checked, query.One[string], "SELECT store FROM origins")
	if err != nil {
		origins = nil // an archive of that store cannot be rolled back then
	}
	return v.s.Writer.Do(false, func(t *write.Tx) error {
		for _, r := range gaps {
			if _, ok := v.accounts[r.Int(1)]; !ok {
				r[1] = nil
			}
			if err := t.Exec("INSERT INTO gaps (sequence, account, at, why) VALUES (?, ?, ?, ?)", r...); err != nil {
				return err
			}
		}
		for _, origin := range origins {
			if err := t.Exec("INSERT OR IGNORE INTO origins (store) VALUES (?)", origin); err != nil {
				return err
			}
		}
		return nil
	})
}

// takeRemoved brings over which runs were removed.
func (v *Job) takeRemoved(ctx context.Context) error {
	removed, err := query.RowsOf(ctx, v.old.Checked, record.Scan(6), "SELECT run, name, rollback_of, first_sequence, last_sequence, at FROM removed NOT INDEXED")
	if err != nil {
		v.everyone = append(v.everyone, "which runs were removed cannot be read")
		return nil //nolint:nilerr // there is a gap for all
	}
	return v.s.Writer.Do(false, func(t *write.Tx) error {
		for _, r := range removed {
			err := t.Exec("INSERT INTO removed (run, name, rollback_of, first_sequence, last_sequence, at) VALUES (?, ?, ?, ?, ?, ?)", r...)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// either reads rows by a table, or else by an index that has the same; sure is
// that all were read from pages that are as they were written.
func (s *scratch) either(ctx context.Context, table, index string, columns int) (rows []record.Record, sure bool) {
	byTable, err1 := query.RowsOf(ctx, s.Checked, record.Scan(columns), table)
	if err1 == nil && !s.Strict {
		return byTable, true
	}
	byIndex, err2 := query.RowsOf(ctx, s.Checked, record.Scan(columns), index)
	switch {
	case s.Strict && err1 == nil && err2 == nil:
		return byTable, len(byTable) == len(byIndex)
	case err1 == nil:
		return byTable, false
	case err2 == nil:
		return byIndex, !s.Strict
	}
	plain, err := query.RowsOf(ctx, s.Plain, record.Scan(columns), table)
	if err != nil {
		return nil, false
	}
	return plain, false
}
