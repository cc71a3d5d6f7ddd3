package prune

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/internal/safefile"
)

// archive packs the run's folder into one compressed file, and returns its path.
func archive(ctx context.Context, r *runs.Run) (string, error) {
	if _, err := r.InputPath(ctx); err != nil { // it may be the store that has it
		return "", err
	}
	dir := r.Dir()
	name := dir.Base() + runs.ArchiveSuffix
	if err := folder.At(r.In.Dir, ".").WriteAtomic(name, func(w io.Writer) error { return pack(ctx, r, w) }); err != nil {
		return "", fmt.Errorf("archive %s: %w", dir.Path(), err)
	}
	return runs.ArchivePath(r.In.Dir, dir.Base()), nil
}

// pack writes the folder as a compressed archive. It begins with what run it is,
// so that it can be told without unpacking the rest.
func pack(ctx context.Context, r *runs.Run, w io.Writer) error {
	compressed, err := zstd.NewWriter(w)
	if err != nil {
		return err
	}
	t := tar.NewWriter(compressed)
	err = t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: r.Dir().Base() + "/", Mode: 0o700})
	if err == nil {
		err = packIdentity(r, t)
	}
	if err == nil {
		err = packRecords(ctx, r, t)
	}
	if err == nil {
		err = packFiles(r, t)
	}
	return errors.Join(err, t.Close(), compressed.Close())
}

// packIdentity packs what run it is.
func packIdentity(r *runs.Run, t *tar.Writer) error {
	doc, err := json.Marshal(runs.ArchivedRun{StartedAt: r.StartedAt, Run: r.Identity})
	if err != nil {
		return err
	}
	header := &tar.Header{Name: path.Join(r.Dir().Base(), runs.ArchivedRunFile), Mode: 0o600, Size: int64(len(doc)), ModTime: r.StartedAt}
	if err := t.WriteHeader(header); err != nil {
		return err
	}
	_, err = t.Write(doc)
	return err
}

// recordsFolder has, in an archive, what the store had of the run.
const recordsFolder = ".records"

// packRecords packs what the store has of the run, for [Restore].
func packRecords(ctx context.Context, r *runs.Run, t *tar.Writer) error {
	from, ok := r.In.Store.(store.Archiver)
	if !ok {
		return fmt.Errorf("the store %s gives no run away", r.In.Store.Place())
	}
	p := &partWriter{t: t, folder: path.Join(r.Dir().Base(), recordsFolder), at: r.StartedAt}
	if err := from.Export(ctx, r.Stored.ID, p); err != nil {
		return err
	}
	return p.flush()
}

// partWriter writes to files of an archive, whose sizes must be known before:
// one after the other, of some megabytes each.
type partWriter struct {
	t      *tar.Writer
	folder string
	at     time.Time
	n      int
	part   bytes.Buffer
}

// partSize is how large a part is, in bytes.
const partSize = 4 << 20

// Write is of [io.Writer].
func (p *partWriter) Write(b []byte) (int, error) {
	p.part.Write(b)
	if p.part.Len() < partSize {
		return len(b), nil
	}
	return len(b), p.flush()
}

// flush ends the present part.
func (p *partWriter) flush() error {
	if p.part.Len() == 0 {
		return nil
	}
	p.n++
	header := &tar.Header{Name: path.Join(p.folder, fmt.Sprintf("%06d.jsonl", p.n)), Mode: 0o600, Size: int64(p.part.Len()), ModTime: p.at}
	if err := p.t.WriteHeader(header); err != nil {
		return err
	}
	_, err := p.part.WriteTo(p.t)
	return err
}

// packFiles packs the regular files of the folder.
func packFiles(r *runs.Run, t *tar.Writer) error {
	dir := r.Dir()
	return filepath.WalkDir(dir.Path(), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir.Path(), file)
		if err != nil || name == runs.ArchivedRunFile {
			return err
		}
		return packFile(t, file, path.Join(dir.Base(), filepath.ToSlash(name)))
	})
}

// packFile packs one file.
func packFile(t *tar.Writer, file, name string) error {
	f, err := safefile.OpenOwn(file, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}
