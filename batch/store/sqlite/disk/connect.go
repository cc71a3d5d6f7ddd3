// Package disk has the file of a database and what it is on: how it is opened and
// read page by page, whose it is, and the file system with its free space. Nothing
// but the driver opens the file; see package sqlite.
package disk

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Mode is how a database is opened.
type Mode int

const (
	// ForWriting is the one connection that writes.
	ForWriting Mode = iota
	// ForReading may make the files that readers share beside the database.
	ForReading
	// FromReadOnlyDisk needs no other file, and takes the database for one that
	// nobody changes.
	FromReadOnlyDisk
	// Regardless does the same, and reads pages also where they are not as they
	// were written.
	Regardless
)

// busyTimeout is for how many milliseconds SQLite itself waits for another
// process; the writer then tries again.
const busyTimeout = "5000"

// JournalLimit is how large the WAL may stay, in bytes, and scarceLimit the same on
// a disk that is nearly full: there a pruning has what was in reserve, and no more.
const (
	JournalLimit = 64 << 20
	ScarceLimit  = 4 << 20
)

// Readers is how many queries run at a time.
const Readers = 4

// Connect prepares connections to a database; none is made yet. It is the only
// place that names a driver.
func Connect(path string, m Mode, modeOf string) (*sql.DB, error) {
	if err := pageLayer(); err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", dsn(path, m, modeOf))
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	connections := Readers
	if m == ForWriting {
		connections = 1
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// cacheSize is how many KiB of pages a connection keeps. Who reads goes through a run once, page after page; who writes
// adds to the ends of tables, and to the places of numbers in an index, of which the operating system keeps the rest.
func cacheSize(m Mode) string {
	if m == ForWriting {
		return "4096"
	}
	return "2048"
}

// dsn is how the driver is to open a database. modeOf is a file whose
// permissions a new database gets.
func dsn(path string, m Mode, modeOf string) string {
	q := url.Values{"vfs": {pagesVFS}}
	pragma := func(text string) { q.Add("_pragma", text) }
	pragma("busy_timeout(" + busyTimeout + ")")
	switch m {
	case ForWriting:
		if modeOf != "" {
			q.Set("modeof", modeOf)
		}
		q.Set("_txlock", "immediate")
		pragma("auto_vacuum(INCREMENTAL)") // before the first table
		pragma("journal_mode(WAL)")
		pragma("journal_size_limit(67108864)")
		pragma("wal_autocheckpoint(0)") // SQLite's own passes over errors: the writer makes them
	case ForReading:
		q.Set("mode", "ro")
	case FromReadOnlyDisk, Regardless:
		q.Set("mode", "ro")
		q.Set("immutable", "1")
	}
	if m == Regardless {
		q.Del("vfs")
	}
	pragma("synchronous(FULL)")
	pragma("fullfsync(1)") // macOS: a sync that is one
	pragma("checkpoint_fullfsync(1)")
	pragma("foreign_keys(1)")
	pragma("cache_size(-" + cacheSize(m) + ")")
	// SQLite takes no + for a space.
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path}).String() + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}
