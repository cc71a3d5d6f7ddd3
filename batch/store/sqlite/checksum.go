package sqlite

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// checksum is the CRC-32C of a record: each value with its length, so that no two
// records are spelled alike. A record's run and its place in the run are among
// them: a record in another's place is noticed too.
type checksum struct{ crc uint32 }

var crc32c = crc32.MakeTable(crc32.Castagnoli)

func (c *checksum) bytes(b []byte) *checksum {
	c.int(int64(len(b)))
	c.crc = crc32.Update(c.crc, crc32c, b)
	return c
}

func (c *checksum) text(texts ...string) *checksum {
	for _, t := range texts {
		c.bytes([]byte(t))
	}
	return c
}

func (c *checksum) int(numbers ...int64) *checksum {
	var b [8]byte
	for _, n := range numbers {
		binary.LittleEndian.PutUint64(b[:], uint64(n)) //nolint:gosec // the bits count
		c.crc = crc32.Update(c.crc, crc32c, b[:])
	}
	return c
}

// sum is the value that is stored.
func (c *checksum) sum() int64 { return int64(c.crc) }

// truth writes a boolean as a column has it.
func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// micros writes a time as a column has it; 0 is no time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment reads what micros wrote.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
