package rundir

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// ArchiveSuffix is added to a run's name for the file that it is packed into.
const ArchiveSuffix = ".tar.zst"

// Archive packs the folder into one compressed file beside it, which tar can
// unpack, and returns its path. The folder stays. It must be locked.
func (d *Dir) Archive() (string, error) {
	runs := &Dir{path: filepath.Dir(d.path)}
	name := d.Base() + ArchiveSuffix
	if err := runs.WriteAtomic(name, d.pack); err != nil {
		return "", fmt.Errorf("archive %s: %w", d.path, err)
	}
	return runs.File(name), nil
}

// pack writes the folder's files, the journal first: it tells what run it is.
func (d *Dir) pack(w io.Writer) error {
	compressed, err := zstd.NewWriter(w)
	if err != nil {
		return err
	}
	t := tar.NewWriter(compressed)
	err = t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: d.Base() + "/", Mode: int64(dirMode)})
	if err == nil {
		err = d.packFile(t, JournalFile)
	}
	if err == nil {
		err = d.eachFile(func(name string) error { return d.packFile(t, name) })
	}
	return errors.Join(err, t.Close(), compressed.Close())
}

// eachFile gives every file of the folder but the journal and the lock.
func (d *Dir) eachFile(each func(name string) error) error {
	return fs.WalkDir(os.DirFS(d.path), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || name == JournalFile || isLock(name) {
			return err
		}
		return each(name)
	})
}

// isLock reports whether a name is that of the folder's lock, or of the text
// beside it.
func isLock(name string) bool { return name == lockFile || name == lockFile+holderSuffix }

// packFile adds a file of the folder.
func (d *Dir) packFile(t *tar.Writer, name string) error {
	f, err := os.Open(d.File(filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: path.Join(d.Base(), name), Mode: int64(fileMode), Size: info.Size(), ModTime: info.ModTime()}
	if err := t.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}

// PeekArchive returns the first record of an archived run's journal.
func PeekArchive(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	defer f.Close()
	plain, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer plain.Close()
	t := tar.NewReader(plain)
	header, err := t.Next()
	if err == nil && header.Typeflag == tar.TypeDir {
		header, err = t.Next()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	line, err := newLines(t).next()
	if err != nil || !strings.HasSuffix(header.Name, "/"+JournalFile) || !whole(line) {
		return nil, errors.Join(fmt.Errorf("%s is not the archive of a run", file), err)
	}
	return line[:len(line)-1], nil
}

// Remove removes the folder, which must be locked, and lets it go. What is
// removed last but one is the journal, so that the folder of a removal that was
// cut off can still be seen; the last is the lock, when it protects nothing any
// more.
func (d *Dir) Remove() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	for _, entry := range entries {
		if name := entry.Name(); name != JournalFile && !isLock(name) {
			if err := os.RemoveAll(d.File(name)); err != nil {
				return fmt.Errorf("remove: %w", err)
			}
		}
	}
	if err := os.Remove(d.File(JournalFile)); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	d.Unlock()
	if err := os.RemoveAll(d.path); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return syncDir(filepath.Dir(d.path))
}
