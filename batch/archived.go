package batch

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
)

// ArchiveSuffix is added to a run's name for the file of its archive.
const ArchiveSuffix = ".tar.zst"

// archivedRunFile is the first file of an archive: what run it is.
const archivedRunFile = "run.json"

// archivedRun is what that file says.
type archivedRun struct {
	StartedAt time.Time `json:"startedAt"`
	Run       Identity  `json:"run"`
}

// archivePath is where the archive of a run is.
func archivePath(runsDir, name string) string { return filepath.Join(runsDir, name+ArchiveSuffix) }

// archived reports whether a run was packed away.
func archived(runsDir, name string) bool {
	_, err := os.Stat(archivePath(runsDir, name))
	return err == nil
}

// maxArchivedRun bounds what is read of an archive to tell what run it is.
const maxArchivedRun = 1 << 20

// peekArchive reads what run an archive is of.
func peekArchive(file string) (archivedRun, error) {
	var of archivedRun
	f, err := os.Open(file)
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
		return of, fmt.Errorf("%s: %w", file, err)
	}
	var doc bytes.Buffer
	_, err = io.CopyN(&doc, t, maxArchivedRun)
	if !errors.Is(err, io.EOF) || !strings.HasSuffix(header.Name, "/"+archivedRunFile) {
		return of, fmt.Errorf("%s is not the archive of a run", file)
	}
	if err := json.Unmarshal(doc.Bytes(), &of); err != nil {
		return of, fmt.Errorf("%s is not the archive of a run: %w", file, err)
	}
	return of, nil
}
