package salvage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/write"
	"github.com/bulknum/bulknum/internal/safefile"
)

// takeFolders copies the runs' folders: of lost runs they are all that is left.
// One that no run is of was that of a run which cannot even be named, if there may
// be such.
func (v *Job) takeFolders(ctx context.Context) error {
	folders, err := v.From.RunFolders(v.Sandbox)
	if err != nil {
		return err
	}
	lost := map[string]bool{}
	for _, l := range v.Done.Lost {
		lost[l.Name] = true
	}
	for _, name := range folders {
		known := slices.Contains(v.Done.Brought, name) || lost[name]
		if !known && len(v.everyone) == 0 {
			continue // it was forgotten
		}
		if !known {
			v.lose(name, store.Account{}, "the store tells nothing of it")
		}
		if err := copyFolder(ctx, filepath.Join(v.From.Dir, name), filepath.Join(v.s.Dir, name)); err != nil {
			return fmt.Errorf("salvage: %w", err)
		}
	}
	return nil
}

// copyFolder copies the plain files of a folder. A folder that is there is of the
// same run.
func copyFolder(ctx context.Context, from, to string) error {
	entries, err := os.ReadDir(from)
	if err == nil {
		err = os.Mkdir(to, disk.DirMode)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		if err := copyFile(ctx, filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())); err != nil {
			return err
		}
	}
	return safefile.SyncDir(to)
}

// conclude enters what is lost, and what may have been done.
func (v *Job) conclude(context.Context) error {
	slices.SortFunc(v.Done.Lost, func(a, b store.LostRun) int { return cmp.Compare(a.Name, b.Name) })
	v.Done.Lost = slices.CompactFunc(v.Done.Lost, func(a, b store.LostRun) bool { return a.Name == b.Name })
	err := v.s.Writer.Do(false, func(t *write.Tx) error {
		t.Reach(v.reached)
		for _, l := range v.Done.Lost {
			if err := t.Exec("INSERT INTO lost_runs (name, account, at, why) VALUES (?, ?, ?, ?)", record.Clean(l.Name), record.Nullable(int64(l.Account.ID)), record.Micros(l.At), record.Clean(l.Why)); err != nil {
				return err
			}
		}
		return v.enterGaps(t)
	})
	if err != nil {
		return err
	}
	v.reached, err = v.s.Pool.Sequence(context.Background())
	return err
}

// enterGaps enters that anything may have been done to the numbers of the accounts
// of lost runs, or of all.
func (v *Job) enterGaps(t *write.Tx) error {
	v.Done.Gaps = nil // it may be done again
	of := map[store.AccountID][]string{}
	for _, l := range v.Done.Lost {
		of[l.Account.ID] = append(of[l.Account.ID], l.Name)
	}
	if names := of[0]; len(names) > 0 || len(v.everyone) > 0 {
		why := slices.Clone(v.everyone)
		if len(names) > 0 {
			why = append(why, "of "+store.FirstNames(names)+" it cannot be told whose numbers it moved")
		}
		of = map[store.AccountID][]string{0: why}
	}
	for account, names := range of {
		g := store.Gap{Sequence: t.Next(), At: v.At, Why: "the store was salvaged, and lost what was done by " + store.FirstNames(names)}
		if account == 0 {
			g.Why = "the store was salvaged: " + strings.Join(names, "; ")
		}
		if err := t.Exec("INSERT INTO gaps (sequence, account, at, why) VALUES (?, ?, ?, ?)", int64(g.Sequence), record.Nullable(int64(account)), record.Micros(g.At), g.Why); err != nil {
			return err
		}
		v.Done.Gaps = append(v.Done.Gaps, g)
	}
	return nil
}

// asideFormat is when a store was put aside, in its name.
const asideFormat = "20060102T150405Z"

// What stands beside a store that was salvaged: the damaged files, with a time, and
// where the new store is.
const (
	asideSuffix = ".aside-"
	intoSuffix  = ".salvaged-into"
)

// PutAside gives the files of the damaged store another name, and leaves word of
// where the new one is.
func (v *Job) PutAside() error {
	err := safefile.WriteOwn(v.From.Path+intoSuffix, []byte(v.s.Pool.Place+"\n")) //nolint:forbidigo // not the database
	if err != nil {
		return fmt.Errorf("put aside: %w", err)
	}
	aside := v.From.Path + asideSuffix + v.At.Format(asideFormat)
	for _, suffix := range []string{"-shm", "-wal", ""} {
		if _, err := os.Lstat(aside + suffix); err == nil {
			return &fs.PathError{Op: "put aside", Path: aside + suffix, Err: fs.ErrExist}
		}
	}
	for _, suffix := range []string{"", "-wal", "-shm"} { // without the first, nobody opens the others
		err := os.Rename(v.From.Path+suffix, aside+suffix)
		if err == nil && suffix == "" {
			v.Done.Aside = aside
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("put aside: %w", err)
		}
	}
	return safefile.SyncDir(v.From.Dir)
}

// CheckAside is an error where the store that was here was put aside. It names
// the new one, if that is still where it was made.
func CheckAside(f *disk.Folder) error {
	if f.File != nil {
		return nil // there is one again
	}
	asides, err := filepath.Glob(f.Path + asideSuffix + "*Z")
	if err != nil {
		asides = nil // the folder's name is no pattern
	}
	text, err := safefile.ReadOwn(f.Path+intoSuffix, safefile.SmallFile) //nolint:forbidigo // not the database
	if err != nil && len(asides) == 0 {
		return nil // it was not
	}
	into := strings.TrimSpace(string(text))
	if _, err := os.Lstat(into); err != nil {
		into = ""
	}
	refused := &store.RefusedError{Place: f.Path, Why: "was salvaged", Cure: CureAnew}
	if len(asides) > 0 {
		refused.Why += ", and put aside as " + filepath.Base(asides[len(asides)-1])
	}
	if into != "" {
		refused.Why += "; its runs are in " + into
		refused.Elsewhere = into
	} else {
		refused.Cure = "take the store into which it was; or " + CureAnew
		refused.Options = []option.Name{option.RunsDir}
	}
	return refused
}

// CureAnew is what begins a new store where there was one, and what that gives up.
const CureAnew = "`bulknum store accept-restored` begins anew here, and then nothing counts as unsent, unchanged or unprotected without a fresh reading"
