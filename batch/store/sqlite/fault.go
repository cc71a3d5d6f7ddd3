package sqlite

import (
	"errors"
	"strings"
	"syscall"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// code is the primary result code of SQLite in an error; 0: none.
func code(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// busy is that another process writes.
func busy(err error) bool { return code(err) == lib.SQLITE_BUSY || code(err) == lib.SQLITE_LOCKED }

// unwritable is a disk that takes no more, or cannot be written.
func unwritable(err error) bool {
	return code(err) == lib.SQLITE_FULL || code(err) == lib.SQLITE_IOERR && !damaged(err) || errors.Is(err, syscall.ENOSPC)
}

// barred is a file that this process may not open or write.
func barred(err error) bool {
	switch code(err) {
	case lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return !unmade(err)
	default:
		return errors.Is(err, syscall.EROFS)
	}
}

// unmade is a database whose making was cut off before its first table: only then
// it has a journal of another kind than the WAL, which whoever writes undoes.
func unmade(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && e.Code() == lib.SQLITE_READONLY_ROLLBACK
}

// own is a fault of what was to be recorded, not of the store.
func own(err error) bool {
	switch code(err) {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_TOOBIG, lib.SQLITE_MISMATCH, lib.SQLITE_RANGE:
		return true
	case 0:
		return !strings.HasPrefix(err.Error(), "sql: ") // of ours
	default:
		return false
	}
}

// damaged is a file that is not a whole database, or a page that is not as it was
// written.
func damaged(err error) bool {
	if e, ok := errors.AsType[*driver.Error](err); ok && e.Code() == lib.SQLITE_IOERR_DATA {
		return true
	}
	return code(err) == lib.SQLITE_CORRUPT || code(err) == lib.SQLITE_NOTADB
}
