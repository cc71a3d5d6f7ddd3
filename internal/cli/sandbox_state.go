package cli

import (
	"context"
	"fmt"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/report/words"
)

// newFake returns a sandbox. Its inventory is generated, or that of a file which
// export made: the numbers of the file in their order, and no others.
func newFake(ctx context.Context, s Streams, config sandbox.Config, path string) (*sandbox.Sandbox, error) {
	if path != "" {
		config.Numbers, config.OnlyInventory = 0, true
	}
	fake, err := sandbox.New(config)
	if err != nil {
		return nil, &usageError{err}
	}
	if path == "" {
		return fake, nil
	}
	file, err := stateFile(ctx, s, path)
	if err != nil {
		return nil, err
	}
	for row, err := range file.Rows(ctx) {
		if err != nil {
			return nil, fmt.Errorf("--state: %w", err)
		}
		setting := func(name string) string {
			value, _ := row.Settings.Get(name) // what the row leaves blank is not set
			return value
		}
		if err := fake.Set(row.Number, func(rec *sandbox.Record) { *rec = rec.With(setting) }); err != nil {
			return nil, fmt.Errorf("--state: %s:%d: %w", path, row.Line, err)
		}
	}
	return fake, nil
}

// stateFile checks the file of an inventory, and tells what is wrong with it. A
// rehearsal on a part of it would prove nothing. Warnings are of values that are
// in use already, and are not told.
func stateFile(ctx context.Context, s Streams, path string) (*input.File, error) {
	list := &problemList{name: path}
	file, err := input.Check(ctx, path, input.Options{AllowClear: true}, func(p input.Problem) {
		if !p.Warning {
			list.add(p)
		}
	})
	if err != nil {
		return nil, &configError{err: fmt.Errorf("--state: %w", err), hint: "make it with: bulknum export > " + words.ShellWord(path)}
	}
	if n := file.Counts().Invalid; n > 0 {
		list.show(s.Err)
		return nil, &configError{err: fmt.Errorf("--state %s: %d of %d rows are invalid", path, n, file.Counts().Rows)}
	}
	return file, nil
}
