package prune

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/internal/safefile"
)

// Restore brings a run back that [Archive] packed away: into the store,
// in its place in the order, and its folder. The archive is given by the run's
// name, or as a file; one in the runs folder is removed when all of it is back.
func Restore(ctx context.Context, f runs.Folder, name string) (*runs.Run, error) {
	file := name
	if runs.IsArchived(f.Dir, name) {
		file = runs.ArchivePath(f.Dir, name)
	}
	in, err := safefile.Open(file)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	defer in.Close()
	plain, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer plain.Close()
	run, err := unpack(ctx, f, &unpacker{t: tar.NewReader(plain)})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if there, err := os.Stat(runs.ArchivePath(f.Dir, run.Identity.Name)); err == nil {
		if packed, err := in.Stat(); err == nil && os.SameFile(there, packed) {
			return run, os.Remove(runs.ArchivePath(f.Dir, run.Identity.Name))
		}
	}
	return run, nil
}

// ArchivedInSandbox reports whether an archive is of a run of the sandbox.
func ArchivedInSandbox(runsDir, name string) (bool, error) {
	file := name
	if runs.IsArchived(runsDir, name) {
		file = runs.ArchivePath(runsDir, name)
	}
	of, err := runs.PeekArchive(file)
	return of.Run.Sandbox, err
}

// unpack takes in the records, and then the files.
func unpack(ctx context.Context, f runs.Folder, u *unpacker) (*runs.Run, error) {
	into, ok := f.Store.(store.Archiver)
	if !ok {
		return nil, fmt.Errorf("the store %s takes no run back", f.Store.Place())
	}
	for u.header == nil || u.header.Typeflag == tar.TypeDir || path.Base(u.header.Name) == runs.ArchivedRunFile {
		if err := u.advance(); err != nil {
			return nil, fmt.Errorf("not the archive of a run: %w", err)
		}
	}
	if !u.record() {
		return nil, errors.New("the archive has a folder only, and not what the store had of the run: it is of an older bulknum")
	}
	is, err := into.Import(ctx, u)
	if err != nil {
		return nil, err
	}
	dir := folder.At(f.Dir, is.Name)
	if err := dir.Ensure(); err != nil {
		return nil, err
	}
	for u.header != nil {
		if err := u.file(dir); err != nil {
			return nil, err
		}
		if err := u.advance(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	return f.Load(ctx, is)
}

// unpacker reads an archive. As an [io.Reader] it reads the parts of the records
// that come next as one.
type unpacker struct {
	t      *tar.Reader
	header *tar.Header // of the present file; nil: before the first, and at the end
}

// advance goes to the next file.
func (u *unpacker) advance() (err error) {
	if u.header, err = u.t.Next(); err != nil {
		u.header = nil
	}
	return err
}

// record reports whether the present file is a part of the records.
func (u *unpacker) record() bool {
	if u.header == nil {
		return false
	}
	_, name, _ := strings.Cut(u.header.Name, "/")
	return path.Dir(name) == recordsFolder
}

// Read is of [io.Reader].
func (u *unpacker) Read(b []byte) (int, error) {
	for u.record() {
		n, err := u.t.Read(b)
		if n > 0 || !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := u.advance(); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

// file unpacks the present file into the run's folder.
func (u *unpacker) file(dir *folder.Folder) error {
	_, name, _ := strings.Cut(u.header.Name, "/")
	name = filepath.FromSlash(name)
	if u.header.Typeflag != tar.TypeReg || u.record() || !filepath.IsLocal(name) {
		return nil
	}
	into := filepath.Dir(dir.File(name))
	if err := os.MkdirAll(into, 0o700); err != nil {
		return err
	}
	return folder.At(into, ".").WriteAtomic(filepath.Base(name), func(w io.Writer) error {
		_, err := io.Copy(w, u.t)
		return err
	})
}
