package quota

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/client/gate"
	"github.com/bulknum/bulknum/internal/safefile"
)

// File is an account's budget in a file of the user's state folder, where the commands of all folders meet. It is
// never synced: what it has is of no worth after a loss of power, and one that cannot be understood is an untouched budget.
type File struct {
	who Asker
	// path is the key's file, and account that of the name; "": the name is not known.
	path, account string
}

var _ gate.Quota = (*File)(nil)

// kept is what a file has.
type kept struct {
	// Account is the file's name that has the budget of the key's account; "": this one.
	Account string `json:"account,omitempty"`
	Budget
}

const (
	suffix     = ".quota"
	lockSuffix = ".lock"
	// size is how many bytes a file has.
	size = 512
	// retryEvery is how often a budget is tried that somebody else is just taking from.
	retryEvery = 2 * time.Millisecond
)

// Open is the budget of an account in a state folder, which is made if there is none.
func Open(ctx context.Context, state string, a store.Account, who Asker) (*File, error) {
	if err := os.MkdirAll(state, disk.DirMode); err != nil {
		return nil, fmt.Errorf("folder of quotas: %w", err)
	}
	if err := disk.CheckFolder(state); err != nil {
		return nil, err
	}
	names := lock.Names(a)
	f := &File{who: who, path: filepath.Join(state, names[0]+suffix)}
	if len(names) == 1 {
		return f, nil
	}
	// Who has another key of the account meets this one there.
	f.account = names[1] + suffix
	err := change(ctx, f.path, func(k *kept) error {
		k.Account = f.account
		return nil
	})
	return f, err
}

// Take takes the next free slot. One call goes on at a time.
func (f *File) Take(ctx context.Context, every time.Duration, n int) (slot gate.Slot, err error) {
	err = f.change(ctx, func(b *Budget) error {
		slot, f.who.Turn, err = b.Take(time.Now(), f.who, every, n)
		return err
	})
	return slot, err
}

// PushBack lets no slot of anybody begin before so long is over.
func (f *File) PushBack(ctx context.Context, wait time.Duration) error {
	return f.change(ctx, func(b *Budget) error {
		b.PushBack(time.Now(), wait)
		return nil
	})
}

// change changes the budget of the account, which may have become another file than the key's.
func (f *File) change(ctx context.Context, do func(*Budget) error) error {
	account := f.account
	if account == "" {
		err := change(ctx, f.path, func(k *kept) error {
			if account = k.Account; account != "" {
				return nil
			}
			return do(&k.Budget)
		})
		if err != nil || account == "" {
			return err
		}
	}
	return change(ctx, filepath.Join(filepath.Dir(f.path), filepath.Base(account)), func(k *kept) error { return do(&k.Budget) })
}

// change changes a file while nobody else does.
func change(ctx context.Context, path string, do func(*kept) error) error {
	mine := flock.New(path+lockSuffix, flock.SetFlag(safefile.OwnFlags(os.O_CREATE|os.O_RDONLY)), flock.SetPermissions(disk.FileMode))
	if _, err := mine.TryLockContext(ctx, retryEvery); err != nil {
		return fmt.Errorf("quota: %w", err)
	}
	defer func() { _ = mine.Unlock() }()                                      // or the end of the process does it
	file, err := safefile.OpenOwn(path, os.O_RDWR|os.O_CREATE, disk.FileMode) //nolint:forbidigo // no database
	if err != nil {
		return fmt.Errorf("quota: %w", err)
	}
	text := make([]byte, size)
	n, err := file.ReadAt(text, 0)
	if err == nil || errors.Is(err, io.EOF) {
		err = rewrite(file, text[:n], do)
	}
	return errors.Join(causeFirst(err), file.Close())
}

// causeFirst tells why a file cannot be written before which: what is told of a stop is cut, and paths are long.
func causeFirst(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s of the quota: %w: %s", e.Op, e.Err, e.Path)
	}
	return err
}

// rewrite changes what a file has, in place: that needs no space on a disk, which may be full.
func rewrite(file *os.File, text []byte, do func(*kept) error) error {
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		k = kept{}
	}
	if err := do(&k); err != nil {
		return err
	}
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(fmt.Appendf(nil, "%-*s\n", size-1, text), 0)
	return err
}
