package database

import (
	"context"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/write"
)

// NewRun enters a run with its input.
func (d *Database) NewRun(ctx context.Context, r store.NewRun) (store.Run, error) {
	w, err := d.writable()
	if err != nil {
		return store.Run{}, err
	}
	if err := free(ctx, d.Pool, r.Name); err != nil {
		return store.Run{}, err
	}
	input, err := w.TakeInput(ctx, r.Source)
	if err != nil {
		_ = w.DropInput(input.ID) // or an opening does it later
		return store.Run{}, fmt.Errorf("store %s: input: %w", d.Pool.Place, err)
	}
	if r.Input.SHA256 != "" && !strings.EqualFold(r.Input.SHA256, input.SHA256) {
		_ = w.DropInput(input.ID) // or an opening does it later
		return store.Run{}, fmt.Errorf("store %s: the input has changed while it was read", d.Pool.Place)
	}
	r.Input.SHA256, r.Input.Bytes = input.SHA256, input.Bytes
	err = w.Do(false, func(t *write.Tx) error { return t.EnterRun(r, input, d.keyOf(r.Account)) })
	if err != nil {
		_ = w.DropInput(input.ID) // or an opening does it later
		return store.Run{}, w.Unsaved(err)
	}
	return d.Run(context.WithoutCancel(ctx), r.Name)
}

// free refuses a name that a run has.
func free(ctx context.Context, p *query.Pool, name string) error {
	if name == "" {
		return fmt.Errorf("store %s: a run needs a name", p.Place)
	}
	var taken int
	err := p.Row(ctx, "SELECT count(*) FROM runs WHERE name = ? AND deleted_at IS NULL", record.Clean(name)).Scan(&taken)
	if err == nil && taken > 0 {
		return fmt.Errorf("run %s: %w", name, store.ErrExists)
	}
	return p.Unread(err)
}
