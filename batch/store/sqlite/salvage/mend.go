package salvage

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/internal/safefile"
)

// The first page of a database begins with a header, and has, or leads to, where
// the tables are. Without it nothing can be read; but both are known but for a few
// places, since this program makes all stores alike.

// magic is how a database begins.
var magic = []byte("SQLite format 3\x00")

// Where a header has what one store may have otherwise than another, besides the
// place of [disk.headerPageSize] and the others.
const (
	headerChanges = 24
	headerPages   = 28
	headerFreeEnd = 40 // of the first free page, and of how many there are
)

// Where a page of a tree has its kind, how many cells it has, and the last child.
const (
	treeKind      = 0
	treeCells     = 3
	treeLastChild = 8
	treeInner     = 12 // where the pointers to its cells begin
	kindInner     = 0x05
)

// mendHeader makes the header of the copy anew, if its first page is not as it was
// written, and tells what it made of that page; nil: nothing.
func (s *scratch) mendHeader(ctx context.Context) ([]byte, error) {
	var mended []byte
	err := s.edit(func(f *os.File, pages int64) error {
		first := make([]byte, disk.PageSize)
		if _, err := f.ReadAt(first, 0); err != nil {
			return err
		}
		has := int64(binary.BigEndian.Uint32(first[headerPages:]))
		if disk.PageWhole(first, 0) && bytes.HasPrefix(first, magic) && has <= pages {
			return nil
		}
		whole := disk.PageWhole(first, 0) && bytes.HasPrefix(first, magic)
		model, err := s.model(ctx, false)
		if err != nil {
			return err
		}
		own := bytes.Clone(first[headerChanges:headerFreeEnd])
		copy(first[:disk.HeaderSize], model[:disk.HeaderSize])
		copy(first[headerChanges:headerFreeEnd], own)
		binary.BigEndian.PutUint32(first[headerPages:], uint32(pages)) //nolint:gosec // a file has no more
		if !whole {
			mended = first
		}
		return writePage(f, first, 1)
	})
	return mended, err
}

// edit changes the copy, which has some pages and is not open.
func (s *scratch) edit(change func(f *os.File, pages int64) error) error {
	f, err := safefile.OpenOwn(s.path, os.O_RDWR|os.O_CREATE, disk.FileMode) //nolint:forbidigo // a copy that nobody has open
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() >= disk.PageSize {
		err = change(f, info.Size()/disk.PageSize)
	}
	return errors.Join(err, f.Close())
}

// writePage writes a page with its checksum.
func writePage(f *os.File, page []byte, n int64) error {
	offset := (n - 1) * disk.PageSize
	disk.SealPage(page, offset)
	_, err := f.WriteAt(page, offset)
	return err
}

// model is what a new store's file has.
func (s *scratch) model(ctx context.Context, packed bool) ([]byte, error) {
	dir, err := os.MkdirTemp(s.dir, "model")
	if err != nil {
		return nil, err
	}
	path, err := s.newFile(ctx, dir, packed)
	if err != nil {
		return nil, err
	}
	return safefile.ReadOwn(path, math.MaxInt64-1) //nolint:forbidigo // it was closed
}

// hasSchema connects, and reports whether the places of the tables are as they
// were written. mended is what mendHeader made.
func (s *scratch) hasSchema(ctx context.Context, mended []byte) (bool, error) {
	blessed := false
	err := s.edit(func(f *os.File, _ int64) error {
		first := make([]byte, disk.PageSize)
		_, err := f.ReadAt(first, 0)
		blessed = mended != nil && bytes.Equal(first, mended)
		return err
	})
	if err == nil {
		err = s.connect()
	}
	if err != nil || blessed {
		return false, err
	}
	_, err = query.RowsOf(ctx, s.Checked, query.One[string], "SELECT name FROM sqlite_schema")
	return err == nil, context.Cause(ctx)
}

// mendSchema tries where the tables may be, and stays with that by which most can
// be read: where the damaged pages say, where a new store has them, or where one
// that SQLite copied has them.
func (s *scratch) mendSchema(ctx context.Context) error {
	if err := s.disconnect(); err != nil {
		return err
	}
	before, err := safefile.ReadOwn(s.path, math.MaxInt64-1) //nolint:forbidigo // a copy that nobody has open
	if err != nil || len(before) < disk.PageSize {
		return errors.Join(err, s.connect())
	}
	best, kept := 0, before
	for _, mend := range []func() ([]byte, error){
		func() ([]byte, error) { return believed(before), nil },
		func() ([]byte, error) { return s.withModel(ctx, before, false) },
		func() ([]byte, error) { return s.withModel(ctx, before, true) },
	} {
		mended, err := mend()
		if err != nil {
			return err
		}
		if err := s.try(mended); err != nil {
			return err
		}
		if n := s.readable(ctx); n > best {
			best, kept = n, mended
		}
	}
	return s.try(kept)
}

// withModel is a database with the list of tables of a new one.
func (s *scratch) withModel(ctx context.Context, database []byte, packed bool) ([]byte, error) {
	model, err := s.model(ctx, packed)
	if err != nil {
		return nil, err
	}
	return withSchema(database, model)
}

// believed is a database whose list of tables is taken as it is.
func believed(database []byte) []byte {
	all := bytes.Clone(database[:len(database)/disk.PageSize*disk.PageSize])
	children, err := schemaPages(all[:disk.PageSize])
	if err != nil {
		return all
	}
	for _, n := range append([]int{1}, pointed(children)...) {
		if n >= 1 && n*disk.PageSize <= len(all) {
			page, offset := all[(n-1)*disk.PageSize:n*disk.PageSize], int64(n-1)*disk.PageSize
			disk.SealPage(page, offset)
		}
	}
	return all
}

// pointed are the pages to which pointers point.
func pointed(pointers [][]byte) (pages []int) {
	for _, p := range pointers {
		pages = append(pages, int(binary.BigEndian.Uint32(p)))
	}
	return pages
}

// schemaPages are the pointers, in a first page, to the pages with the list of
// tables; none: it has the list itself.
func schemaPages(first []byte) (pointers [][]byte, err error) {
	tree := first[disk.HeaderSize:]
	if tree[treeKind] != kindInner {
		return nil, nil
	}
	for i := range int(binary.BigEndian.Uint16(tree[treeCells:])) {
		if treeInner+2*i+2 > len(tree) {
			return nil, io.ErrUnexpectedEOF
		}
		cell := int(binary.BigEndian.Uint16(tree[treeInner+2*i:]))
		if cell+4 > len(first) {
			return nil, io.ErrUnexpectedEOF
		}
		pointers = append(pointers, first[cell:cell+4])
	}
	return append(pointers, tree[treeLastChild:treeLastChild+4]), nil
}

// try makes the copy what is given.
func (s *scratch) try(content []byte) error {
	if err := s.disconnect(); err != nil {
		return err
	}
	if err := safefile.WriteOwn(s.path, content); err != nil { //nolint:forbidigo // a copy
		return err
	}
	return s.connect()
}

// readable counts in how many tables something is as it was written.
func (s *scratch) readable(ctx context.Context) (tables int) {
	for _, t := range record.Tables {
		for _, order := range []string{"", " DESC"} {
			found, err := query.RowsOf(ctx, s.Checked, record.Scan(len(t.Columns)), fmt.Sprintf("SELECT %s FROM %s ORDER BY %s%s LIMIT 1", t.List(), t.Name, t.Columns[0], order))
			if err == nil && len(found) == 1 && t.Whole(found[0]) {
				tables++
			}
		}
	}
	var id string
	if s.Checked.QueryRowContext(ctx, "SELECT id FROM store").Scan(&id) == nil {
		tables++
	}
	return tables
}

// withSchema is a database with the list of tables of another one, at its end.
func withSchema(database, model []byte) ([]byte, error) {
	all := bytes.Clone(database[:len(database)/disk.PageSize*disk.PageSize])
	first := bytes.Clone(model[:disk.PageSize])
	copy(first[headerChanges:headerFreeEnd], database[headerChanges:headerFreeEnd])
	pointers, err := schemaPages(first)
	if err != nil {
		return nil, err
	}
	for i, n := range pointed(pointers) {
		if n < 1 || n*disk.PageSize > len(model) {
			return nil, io.ErrUnexpectedEOF
		}
		child := bytes.Clone(model[(n-1)*disk.PageSize : n*disk.PageSize])
		disk.SealPage(child, int64(len(all)))
		all = append(all, child...)
		binary.BigEndian.PutUint32(pointers[i], uint32(len(all)/disk.PageSize)) //nolint:gosec // a file has no more
	}
	binary.BigEndian.PutUint32(first[headerPages:], uint32(len(all)/disk.PageSize)) //nolint:gosec // a file has no more
	disk.SealPage(first, 0)
	copy(all, first)
	return all, nil
}
