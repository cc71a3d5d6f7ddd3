package query

import (
	"context"
	"database/sql"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

// Gaps are when somebody may have done anything to the account's numbers.
func (s *Reader) Gaps(ctx context.Context, account store.AccountID) ([]store.Gap, error) {
	account, err := s.pool.now(ctx, account)
	if err != nil {
		return nil, err
	}
	return Read(ctx, s.pool, func(rows *sql.Rows) (g store.Gap, err error) {
		var at int64
		err = rows.Scan(&g.Sequence, &at, &g.Why)
		g.At = record.Moment(at)
		return g, err
	}, "SELECT sequence, at, why FROM gaps WHERE account = ? OR account IS NULL ORDER BY sequence", int64(account))
}

// PageSize is how many numbers a page of the account's inventory can be asked to have; 0: nothing was found.
func (s *Reader) PageSize(ctx context.Context, account store.AccountID) (int, error) {
	account, err := s.pool.now(ctx, account)
	if err != nil {
		return 0, err
	}
	sizes, err := Read(ctx, s.pool, One[int], "SELECT coalesce(page_size, 0) FROM accounts WHERE id = ?", int64(account))
	if err != nil || len(sizes) == 0 {
		return 0, err
	}
	return sizes[0], nil
}

// LearntRate is the rate that stays below the account's limit; the zero one: nothing was learnt.
func (s *Reader) LearntRate(ctx context.Context, account store.AccountID) (store.LearntRate, error) {
	account, err := s.pool.now(ctx, account)
	if err != nil {
		return store.LearntRate{}, err
	}
	all, err := Read(ctx, s.pool, func(rows *sql.Rows) (l store.LearntRate, err error) {
		var at int64
		err = rows.Scan(&l.Rate, &at)
		l.At = record.Moment(at)
		return l, err
	}, "SELECT rate, coalesce(rate_at, 0) FROM accounts WHERE id = ? AND rate IS NOT NULL", int64(account))
	if err != nil || len(all) == 0 {
		return store.LearntRate{}, err
	}
	return all[0], nil
}

// LostRuns are the runs that a salvage could not bring over.
func (s *Reader) LostRuns(ctx context.Context) ([]store.LostRun, error) {
	return Read(ctx, s.pool, func(rows *sql.Rows) (l store.LostRun, err error) {
		var at int64
		err = rows.Scan(&l.Name, &l.Account.ID, &l.Account.API, &l.Account.Name, &l.Account.Key, &at, &l.Why)
		l.At = record.Moment(at)
		return l, err
	}, `SELECT l.name, coalesce(l.account, 0), coalesce(a.api, ''), coalesce(a.name, ''), coalesce((SELECT min(k.key) FROM keys k WHERE k.account = a.id), ''), l.at, l.why
		FROM lost_runs l LEFT JOIN accounts a ON a.id = l.account ORDER BY l.name`)
}
