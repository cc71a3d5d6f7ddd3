package rundir

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// Entry is one record read back.
type Entry struct {
	// Offset is where the record begins in the file, in bytes.
	Offset int64
	// JSON is the whole record with its checksum; it is valid until the next
	// entry.
	JSON []byte
}

// Torn tells that the end of a journal is not whole: a crash or a power cut
// came while it was written. Nothing before Offset is touched by it.
type Torn struct {
	// Offset is where the torn part begins, in bytes.
	Offset int64
	// Bytes is its length.
	Bytes int64
}

// DamageError is a bad record before a sync mark: no crash does that, so
// something else has changed the file.
type DamageError struct {
	// Path is the journal's.
	Path string
	// Offset is where the bad record begins, in bytes.
	Offset int64
}

// Error says where the damage is and that the file was left as it is.
func (e *DamageError) Error() string {
	return fmt.Sprintf("%s: damaged at byte %d, in a part that was safely on the disk; the file is left as it is", e.Path, e.Offset)
}

// Replay calls each with every record of a journal, in order. A torn end is
// not given to each but returned; damage before a sync mark is a
// [DamageError]. The file is only read, so that it can be replayed while the
// run still goes on.
func Replay(path string, each func(Entry) error) (*Torn, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	torn, err := replay(newLines(bufio.NewReaderSize(f, searchedAtOnce)), each)
	if damage, ok := errors.AsType[*DamageError](err); ok {
		damage.Path = path
	}
	return torn, err
}

func replay(r *lines, each func(Entry) error) (*Torn, error) {
	var offset int64
	for {
		line, err := r.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("journal: %w", err)
		}
		if len(line) == 0 {
			return nil, nil
		}
		if !whole(line) {
			return tail(r, offset, line)
		}
		if err := each(Entry{Offset: offset, JSON: line[:len(line)-1]}); err != nil {
			return nil, err
		}
		offset += int64(len(line))
	}
}

// tail decides whether a bad record, which begins at offset, is a torn end: it
// is one if no good record after it bears a sync mark.
func tail(r *lines, offset int64, line []byte) (*Torn, error) {
	torn := &Torn{Offset: offset}
	for len(line) > 0 {
		if endsMarked(line) {
			return nil, &DamageError{Offset: offset}
		}
		torn.Bytes += int64(len(line))
		var err error
		if line, err = r.next(); err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("journal: %w", err)
		}
	}
	return torn, nil
}

// endsMarked reports whether a line is, or ends in, a whole record with a sync
// mark: the line end before a record may be what is bad. No value holds the
// beginning of a record, because JSON escapes its quotation marks.
func endsMarked(line []byte) bool {
	for {
		if whole(line) && marked(line) {
			return true
		}
		next := bytes.Index(line[min(1, len(line)):], []byte(crcPrefix))
		if next < 0 {
			return false
		}
		line = line[next+1:]
	}
}

// whole reports whether a line is a record as it was written.
func whole(line []byte) bool {
	if len(line) <= bodyStart+len(syncMark) || line[len(line)-1] != '\n' || !bytes.HasPrefix(line, []byte(crcPrefix)) {
		return false
	}
	if string(line[bodyStart-2:bodyStart]) != `",` {
		return false
	}
	written := line[len(crcPrefix) : len(crcPrefix)+crcDigits]
	sum := crc32.Checksum(line[bodyStart:len(line)-1], castagnoli)
	var want [crcDigits]byte
	hex.Encode(want[:], binary.BigEndian.AppendUint32(nil, sum))
	return bytes.Equal(written, want[:])
}

// marked reports whether a whole record bears a sync mark.
func marked(line []byte) bool {
	return bytes.HasPrefix(line[bodyStart:], []byte(syncMark))
}

// RecordAt reads the one record that begins at offset, as [Replay] gave it.
func RecordAt(r io.ReaderAt, offset int64) ([]byte, error) {
	line, err := newLines(io.NewSectionReader(r, offset, 1<<62)).next()
	if err != nil {
		return nil, fmt.Errorf("journal: record at byte %d: %w", offset, err)
	}
	if !whole(line) {
		return nil, &DamageError{Offset: offset}
	}
	return bytes.Clone(line[:len(line)-1]), nil
}
