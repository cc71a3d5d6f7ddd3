package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
)

// A record is one line: a JSON object whose first two members are the
// checksum of all that follows it, and whether everything before this record
// was on the disk before this record was written (a sync mark).
//
//	{"crc":"8c736521","sync":1,"kind":"intent","line":17,…}
const (
	crcPrefix  = `{"crc":"`
	crcDigits  = 8
	bodyStart  = len(crcPrefix) + crcDigits + len(`",`)
	syncMark   = `"sync":1,`
	syncNoMark = `"sync":0,`
)

// castagnoli is the polynomial that processors compute in hardware.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrClosed is returned by [Journal.Append] after [Journal.Close].
var ErrClosed = errors.New("journal is closed")

// File is what the journal needs of a file; tests give one that fails.
type File interface {
	io.WriteCloser
	Sync() error
}

// Journal is the append-only truth of a run. One goroutine owns the file;
// records that are appended at the same time share one write and one sync.
// It is safe for concurrent use.
type Journal struct {
	file    File
	entries chan entry
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once
	err     error // why the owner gave up; read after done
}

// entry is one record on its way to the disk.
type entry struct {
	body    []byte
	written chan error
}

// maxGroup is how many records share one sync at the most.
const maxGroup = 256

// CreateJournal makes the journal of a new run.
func (d *Dir) CreateJournal() (*Journal, error) {
	f, err := os.OpenFile(d.File(JournalFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, fileMode)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return NewJournal(f), syncDir(d.path)
}

// NewJournal returns a journal that appends to an empty file, which it closes.
func NewJournal(f File) *Journal { return newJournal(f, false) }

// newJournal returns a journal. After a synced part its first record bears a
// mark.
func newJournal(f File, synced bool) *Journal {
	j := &Journal{
		file:    f,
		entries: make(chan entry, maxGroup),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	go j.own(synced)
	return j
}

// Append writes a record, which must marshal to a JSON object with at least
// one member, and returns when it is on the disk. After a failed write every
// call returns that error: what the disk holds is then no longer certain.
func (j *Journal) Append(record any) error {
	body, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if len(body) < len(`{"":0}`) || body[0] != '{' {
		return fmt.Errorf("journal: a record is a JSON object with members, not %.20s", body)
	}
	e := entry{body: body, written: make(chan error, 1)}
	select {
	case j.entries <- e:
	case <-j.done:
		return j.err
	}
	select {
	case err := <-e.written:
		return err
	case <-j.done:
		return j.err
	}
}

// Close closes the file, after what has been appended. Calling it again is
// harmless.
func (j *Journal) Close() error {
	j.once.Do(func() { close(j.quit) })
	<-j.done
	if errors.Is(j.err, ErrClosed) {
		return nil
	}
	return j.err
}

// own is the only code that touches the file.
func (j *Journal) own(synced bool) {
	defer close(j.done)
	for ; ; synced = true {
		group := j.collect()
		if len(group) == 0 {
			j.err = ErrClosed
			if err := j.file.Close(); err != nil {
				j.err = wrap("close", err)
			}
			return
		}
		err := j.commit(group, synced)
		if err != nil {
			j.err = errors.Join(err, wrap("close", j.file.Close()))
		}
		for _, e := range group {
			e.written <- err
		}
		if err != nil {
			return
		}
	}
}

// collect waits for a record and takes those that wait with it; none means
// that the journal was closed.
func (j *Journal) collect() []entry {
	var group []entry
	select {
	case e := <-j.entries:
		group = append(group, e)
	case <-j.quit:
	}
	for len(group) < maxGroup {
		select {
		case e := <-j.entries:
			group = append(group, e)
		default:
			return group
		}
	}
	return group
}

// commit writes and syncs a group. Its first record marks that all groups
// before it were synced.
func (j *Journal) commit(group []entry, marked bool) error {
	var buf bytes.Buffer
	for _, e := range group {
		frame(&buf, e.body, marked)
		marked = false
	}
	if _, err := j.file.Write(buf.Bytes()); err != nil {
		return wrap("write", err)
	}
	return wrap("sync", j.file.Sync())
}

// frame puts checksum and mark before the members of a record.
func frame(buf *bytes.Buffer, body []byte, marked bool) {
	mark := syncNoMark
	if marked {
		mark = syncMark
	}
	members := body[1:]
	sum := crc32.Update(crc32.Checksum([]byte(mark), castagnoli), castagnoli, members)
	fmt.Fprintf(buf, "%s%08x\",%s%s\n", crcPrefix, sum, mark, members)
}

// wrap says which step of the journal failed.
func wrap(step string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("journal: %s: %w", step, err)
}
