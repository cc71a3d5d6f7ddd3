package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/internal/safefile"
)

// blank is the file of a store that has nothing yet, once Prepare has made one: a copy of it takes a fraction of what
// making the tables takes.
var blank []byte

// blankLimit is more than it has, in bytes.
const blankLimit = 1 << 20

// makeBlank makes it.
func makeBlank(ctx context.Context, dir string) error {
	s, err := sqlite.Open(ctx, sqlite.Options{Dir: dir, Program: program})
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	blank, err = safefile.ReadOwn(filepath.Join(dir, sqlite.File), blankLimit)
	return err
}

// begin puts a store into a runs folder that has nothing yet. One with marks is left to the opening, which compares them.
func begin(ctx context.Context, o sqlite.Options) error {
	if blank == nil || o.State != "" {
		return nil
	}
	if there, err := os.ReadDir(o.Dir); err == nil && len(there) > 0 {
		return nil
	}
	if err := disk.MakeFolder(o.Dir); err != nil {
		return err
	}
	name := sqlite.File
	if o.Sandbox {
		name = sqlite.SandboxFile
	}
	path := filepath.Join(o.Dir, name)
	if err := safefile.WriteOwn(path, blank); err != nil {
		return err
	}
	db, err := disk.Connect(path, disk.ForWriting, "")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "UPDATE store SET id = lower(hex(randomblob(16)))") // no two stores are the same one
	return errors.Join(err, db.Close())
}
