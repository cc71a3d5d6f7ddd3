package disk

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// SQLite notices little of what happens to its pages on the disk: a byte of an
// index that has changed hides a record. So each page of the database ends with a
// checksum, in bytes that SQLite leaves free, as SQLite's own extension cksumvfs
// does, which the driver does not have. It is written when a page goes to the
// database's file, and compared when it is read from there; the WAL has its own.
//
// The functions below stand in for those of the file system's layer (VFS) of
// SQLite by which a database is opened, read and written. All else is as it was.

const (
	// pagesVFS is the layer's name.
	pagesVFS = "bulknum"
	// reserved is how many bytes at the end of a page are for the checksum.
	reserved = 8
	// PageSize is that of a new database, in bytes, and smallestPage of any.
	PageSize, smallestPage = 4096, 512
	// HeaderSize is how much SQLite reads of a database first.
	HeaderSize = 100
)

// Where a database's header has what is looked at here (sqlite.org/fileformat).
const (
	headerPageSize    = 16
	headerReserved    = 20
	headerAutoVacuum  = 52
	headerIncremental = 64
	headerApplication = 68
)

// ApplicationID marks a database as one of bulknum ("bnum").
const ApplicationID = 0x626e756d

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openFiles are the databases that are open, by SQLite's pointer: whether their
// pages have checksums.
var openFiles sync.Map

// pageLayer registers the layer, once.
var pageLayer = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	defer tls.Close()
	usual := lib.Xsqlite3_vfs_find(tls, 0)
	name, err := libc.CString(pagesVFS)
	if usual == 0 || err != nil {
		return errors.Join(errors.New("SQLite has no file system"), err)
	}
	// For as long as the process lasts.
	own := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
	if own == 0 {
		return errors.New("no memory")
	}
	vfs := (*lib.Tsqlite3_vfs)(pointer(own))
	*vfs = *(*lib.Tsqlite3_vfs)(pointer(usual))
	l := &layer{open: vfs.FxOpen}
	vfs.FpNext, vfs.FzName, vfs.FxOpen = 0, name, function(l.xOpen)
	if rc := lib.Xsqlite3_vfs_register(tls, own, 0); rc != lib.SQLITE_OK {
		return errors.New("SQLite takes no other file system")
	}
	return nil
})

// layer has the functions that are stood in for.
type layer struct {
	open    uintptr
	methods sync.Map // of the usual ones' pointer: *methods
}

// methods are those of an open file, of which some are ours.
type methods struct {
	own                uintptr
	read, write, close uintptr
}

// The functions of SQLite, in the form that the driver gives them.
type (
	openFunc  = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32
	readFunc  = func(tls *libc.TLS, file, buf uintptr, amount int32, offset lib.Tsqlite3_int64) int32
	closeFunc = func(tls *libc.TLS, file uintptr) int32
)

// xOpen opens a file, and looks after it if it is a database.
func (l *layer) xOpen(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32 {
	rc := call[openFunc](l.open)(tls, vfs, name, file, flags, outFlags)
	if rc != lib.SQLITE_OK || flags&lib.SQLITE_OPEN_MAIN_DB == 0 {
		return rc
	}
	f := (*lib.Tsqlite3_file)(pointer(file))
	known, ok := l.methods.Load(f.FpMethods)
	if !ok {
		known, _ = l.methods.LoadOrStore(f.FpMethods, newMethods(tls, f.FpMethods))
	}
	m, ok := known.(*methods)
	if !ok || m == nil {
		return lib.SQLITE_NOMEM
	}
	openFiles.Store(file, true)
	f.FpMethods = m.own
	return rc
}

// newMethods copies a file's functions, with three of ours; nil: no memory.
func newMethods(tls *libc.TLS, usual uintptr) *methods {
	own := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
	if own == 0 {
		return nil
	}
	io := (*lib.Tsqlite3_io_methods)(pointer(own))
	*io = *(*lib.Tsqlite3_io_methods)(pointer(usual))
	m := &methods{own: own, read: io.FxRead, write: io.FxWrite, close: io.FxClose}
	io.FxRead, io.FxWrite, io.FxClose = function(m.xRead), function(m.xWrite), function(m.xClose)
	if io.FiVersion > 2 {
		io.FiVersion = 2 // no memory mapping, which would pass by
	}
	return m
}

func (m *methods) xClose(tls *libc.TLS, file uintptr) int32 {
	openFiles.Delete(file)
	return call[closeFunc](m.close)(tls, file)
}

// xRead reads a part of a database. The header of one that is empty is made up:
// that is how SQLite learns to leave bytes free.
func (m *methods) xRead(tls *libc.TLS, file, buf uintptr, amount int32, offset lib.Tsqlite3_int64) int32 {
	rc := call[readFunc](m.read)(tls, file, buf, amount, offset)
	b := memory(buf, amount)
	if amount == HeaderSize && offset == 0 {
		return readHeader(file, b, rc)
	}
	if rc != lib.SQLITE_OK || !page(amount, offset) || !checked(file) || PageWhole(b, offset) {
		return rc
	}
	return lib.SQLITE_IOERR_DATA
}

// readHeader looks whether a database has checksums.
func readHeader(file uintptr, header []byte, rc int32) int32 {
	switch rc {
	case lib.SQLITE_OK:
		own := binary.BigEndian.Uint32(header[headerApplication:]) == ApplicationID
		openFiles.Store(file, own || header[headerReserved] == reserved)
	case lib.SQLITE_IOERR_SHORT_READ:
		for _, b := range header {
			if b != 0 {
				openFiles.Store(file, false) // a file of something else
				return rc
			}
		}
		binary.BigEndian.PutUint16(header[headerPageSize:], PageSize)
		header[headerReserved] = reserved
		binary.BigEndian.PutUint32(header[headerAutoVacuum:], 1)
		binary.BigEndian.PutUint32(header[headerIncremental:], 1)
		return lib.SQLITE_OK
	}
	return rc
}

// xWrite writes a part of a database; a page with its checksum.
func (m *methods) xWrite(tls *libc.TLS, file, buf uintptr, amount int32, offset lib.Tsqlite3_int64) int32 {
	if page(amount, offset) && checked(file) {
		b := memory(buf, amount)
		SealPage(b, offset)
	}
	return call[readFunc](m.write)(tls, file, buf, amount, offset)
}

// page reports whether a part is a whole page.
func page(amount int32, offset lib.Tsqlite3_int64) bool {
	return amount >= smallestPage && amount&(amount-1) == 0 && offset%int64(amount) == 0
}

func checked(file uintptr) bool {
	is, ok := openFiles.Load(file)
	return ok && is == true
}

// pageSum is a page's checksum, with its place: a page in another's is noticed.
func pageSum(page []byte, offset int64) uint64 {
	var place [8]byte
	binary.LittleEndian.PutUint64(place[:], uint64(offset)) //nolint:gosec // never negative
	content := page[:len(page)-reserved]
	sum := crc32.Update(crc32.Update(0, castagnoli, place[:]), castagnoli, content)
	return ApplicationID<<32 | uint64(sum)
}

// SealPage writes a page's checksum into it.
func SealPage(page []byte, offset int64) {
	binary.LittleEndian.PutUint64(page[len(page)-reserved:], pageSum(page, offset))
}

// PageWhole reports whether a page is as it was written. One of zeros never was: the
// file has grown over it.
func PageWhole(page []byte, offset int64) bool {
	if binary.LittleEndian.Uint64(page[len(page)-reserved:]) == pageSum(page, offset) {
		return true
	}
	for _, b := range page {
		if b != 0 {
			return false
		}
	}
	return true
}

// memory is some bytes of SQLite's.
func memory(p uintptr, bytes int32) []byte {
	return unsafe.Slice((*byte)(pointer(p)), bytes) //nolint:gosec // SQLite's memory
}

// pointer is memory of SQLite's, which Go does not move.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) } //nolint:gosec // SQLite's memory

// function is a Go function as the driver calls it: by the address of its code. It
// must be kept alive.
func function[F any](f F) uintptr {
	kept.Store(&f, true)
	return *(*uintptr)(unsafe.Pointer(&f)) //nolint:gosec // as the driver does
}

// kept are functions of which SQLite knows, and the collector does not.
var kept sync.Map

// call is a function of the driver's by its address.
func call[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&address)) //nolint:gosec // as the driver does
}
