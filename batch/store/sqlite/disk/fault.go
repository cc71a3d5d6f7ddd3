package disk

import (
	"errors"
	"strings"
	"syscall"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Code is the primary result code of SQLite in an error; 0: none.
func Code(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// Busy is that another process writes.
func Busy(err error) bool { return Code(err) == lib.SQLITE_BUSY || Code(err) == lib.SQLITE_LOCKED }

// Unwritable is a disk that takes no more, or cannot be written.
func Unwritable(err error) bool {
	return Code(err) == lib.SQLITE_FULL || Code(err) == lib.SQLITE_IOERR && !Damaged(err) || errors.Is(err, syscall.ENOSPC)
}

// Barred is a file that this process may not open or write.
func Barred(err error) bool {
	switch Code(err) {
	case lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return !Unmade(err)
	default:
		return errors.Is(err, syscall.EROFS)
	}
}

// Unmade is a database whose making was cut off before its first table: only then
// it has a journal of another kind than the WAL, which whoever writes undoes.
func Unmade(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && e.Code() == lib.SQLITE_READONLY_ROLLBACK
}

// Rejected is a fault of what was to be recorded, not of the store.
func Rejected(err error) bool {
	switch Code(err) {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_TOOBIG, lib.SQLITE_MISMATCH, lib.SQLITE_RANGE:
		return true
	case 0:
		return !strings.HasPrefix(err.Error(), "sql: ") // of ours
	default:
		return false
	}
}

// Damaged is a file that is not a whole database, or a page that is not as it was
// written.
func Damaged(err error) bool {
	if e, ok := errors.AsType[*driver.Error](err); ok && e.Code() == lib.SQLITE_IOERR_DATA {
		return true
	}
	return Code(err) == lib.SQLITE_CORRUPT || Code(err) == lib.SQLITE_NOTADB
}
