package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// mode is that of a file in archives and packages, whatever it is in the checkout.
func (f file) mode() fs.FileMode {
	if f.executable {
		return 0o755
	}
	return 0o644
}

// archive writes the archive of a system, as its people know them: .zip for Windows, .tar.gz for the others. All is
// in one folder of the archive's name.
func (r *release) archive(name string, p platform, all []file) error {
	all = slices.SortedFunc(slices.Values(all), func(a, b file) int { return cmp.Compare(a.name, b.name) })
	var into bytes.Buffer
	write, ending := r.tarGz, ".tar.gz"
	if p.os == "windows" {
		write, ending = r.zip, ".zip"
	}
	if err := write(&into, filepath.Base(name), all); err != nil {
		return err
	}
	return os.WriteFile(name+ending, into.Bytes(), 0o644) //nolint:gosec // for everybody
}

func (r *release) tarGz(into *bytes.Buffer, folder string, all []file) error {
	compressed, err := gzip.NewWriterLevel(into, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(compressed)
	for _, f := range all {
		data, err := f.data()
		if err != nil {
			return err
		}
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: path.Join(folder, f.name), Size: int64(len(data)), Mode: int64(f.mode()),
			ModTime: r.date, Format: tar.FormatPAX,
		}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), compressed.Close())
}

func (r *release) zip(into *bytes.Buffer, folder string, all []file) error {
	w := zip.NewWriter(into)
	for _, f := range all {
		data, err := f.data()
		if err != nil {
			return err
		}
		header := &zip.FileHeader{Name: path.Join(folder, f.name), Method: zip.Deflate, Modified: r.date.In(time.UTC)}
		header.SetMode(f.mode())
		entry, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(data); err != nil {
			return err
		}
	}
	return w.Close()
}
