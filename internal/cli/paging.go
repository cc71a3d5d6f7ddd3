package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/client"
)

// paging asks for the inventory in pages of the size that check found to be honoured, for a command without a run. That the
// store cannot be read is no trouble: the pages are then the API's own.
func (a *app) paging(ctx context.Context, f *connectFlags, way *connection) *client.Paging {
	size, err := a.keptPageSize(ctx, f, way)
	if err != nil {
		return nil
	}
	forget := func() error { return a.keepPageSize(context.WithoutCancel(ctx), f, way, 0) }
	return current.Paging(size, forget, func(detail string) { a.warn("%s", detail) })
}

// keepPageSize keeps in the store how many numbers a page of the account's inventory can be asked to have; 0: none. Where
// there is no store, it is made for a size; there is none to forget, and the error then matches [fs.ErrNotExist].
func (a *app) keepPageSize(ctx context.Context, f *connectFlags, way *connection, size int) error {
	was, err := a.keptPageSize(ctx, f, way)
	none := errors.Is(err, fs.ErrNotExist)
	if err != nil && (!none || size == 0) || err == nil && was == size {
		return err
	}
	in, done, err := a.openRuns(ctx, f.store, toWrite, way.sandbox)
	if err != nil {
		if none {
			err = fmt.Errorf("there is no store in the runs folder yet, and none can be made (%w): check again after the first plan", err)
		}
		return err
	}
	defer done()
	account, err := in.Store.Account(ctx, way.api, way.account)
	if err != nil {
		return err
	}
	return in.Store.KeepPageSize(ctx, account.ID, size)
}

// keptPageSize is what the store has of it. Where there is no store, the error matches [fs.ErrNotExist].
func (a *app) keptPageSize(ctx context.Context, f *connectFlags, way *connection) (int, error) {
	in, done, err := a.openRuns(ctx, f.store, toRead, way.sandbox)
	if err != nil {
		return 0, err
	}
	defer done()
	account, err := in.Store.Account(ctx, way.api, way.account)
	if err != nil {
		return 0, err
	}
	return in.Store.PageSize(ctx, account.ID)
}
