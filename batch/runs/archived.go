package runs

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/bulknum/bulknum/internal/safefile"
)

// ArchiveSuffix is added to a run's name for the file of its archive.
const ArchiveSuffix = ".tar.zst"

// ArchivedRunFile is the first file of an archive: what run it is.
const ArchivedRunFile = "run.json"

// ArchivedRun is what that file says.
type ArchivedRun struct {
	StartedAt time.Time `json:"startedAt"`
	Run       Identity  `json:"run"`
}

// ArchivePath is where the archive of a run is.
func ArchivePath(runsDir, name string) string { return filepath.Join(runsDir, name+ArchiveSuffix) }

// IsArchived reports whether a run was packed away.
func IsArchived(runsDir, name string) bool {
	_, err := os.Stat(ArchivePath(runsDir, name))
	return err == nil
}

// maxArchivedRun bounds what is read of an archive to tell what run it is.
const maxArchivedRun = 1 << 20

// PeekArchive reads what run an archive is of.
func PeekArchive(file string) (ArchivedRun, error) {
	var of ArchivedRun
	f, err := safefile.Open(file)
	if err != nil {
		return of, fmt.Errorf("archive: %w", err)
	}
	defer f.Close()
	plain, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return of, fmt.Errorf("%s: %w", file, err)
	}
	defer plain.Close()
	t := tar.NewReader(plain)
	header, err := t.Next()
	if err == nil && header.Typeflag == tar.TypeDir {
		header, err = t.Next()
	}
	if err != nil {
		return of, fmt.Errorf("%s is not the archive of a run: %w", file, err)
	}
	var doc bytes.Buffer
	_, err = io.CopyN(&doc, t, maxArchivedRun)
	if !errors.Is(err, io.EOF) || !strings.HasSuffix(header.Name, "/"+ArchivedRunFile) {
		return of, fmt.Errorf("%s is not the archive of a run", file)
	}
	if err := json.Unmarshal(doc.Bytes(), &of); err != nil {
		return of, fmt.Errorf("%s is not the archive of a run: %w", file, err)
	}
	return of, nil
}
