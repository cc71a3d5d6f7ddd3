package cli

import (
	"context"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/client"
)

// paging asks for the inventory in pages of the size that check found to be honoured, for a command without a run. That the
// store cannot be read is no trouble: the pages are then the API's own.
func (a *app) paging(ctx context.Context, f *connectFlags, way *connection) *client.Paging {
	in, done, err := a.openRuns(ctx, f.store, toRead, way.sandbox)
	if err != nil {
		return nil
	}
	defer done()
	account, err := in.Store.Account(ctx, way.api, way.account)
	if err != nil {
		return nil
	}
	size, err := in.Store.PageSize(ctx, account.ID)
	if err != nil {
		return nil
	}
	forget := func() error { return a.keepPageSize(context.WithoutCancel(ctx), f, way, 0) }
	return batch.Paging(size, forget, func(detail string) { a.warn("%s", detail) })
}

// keepPageSize keeps in the store how many numbers a page of the account's inventory can be asked to have; 0: none. Where
// there is no store, the error matches [fs.ErrNotExist]: a command without a run makes none.
func (a *app) keepPageSize(ctx context.Context, f *connectFlags, way *connection, size int) (err error) {
	in, done, err := a.openRuns(ctx, f.store, toRead, way.sandbox)
	if err != nil {
		return err
	}
	account, err := in.Store.Account(ctx, way.api, way.account)
	was := 0
	if err == nil {
		was, err = in.Store.PageSize(ctx, account.ID)
	}
	done()
	if err != nil || was == size {
		return err
	}
	if in, done, err = a.openRuns(ctx, f.store, toWrite, way.sandbox); err != nil {
		return err
	}
	defer done()
	if account, err = in.Store.Account(ctx, way.api, way.account); err != nil {
		return err
	}
	return in.Store.KeepPageSize(ctx, account.ID, size)
}
