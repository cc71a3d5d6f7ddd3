package record

import (
	"encoding/binary"
	"hash/crc32"
)

// checksum is the CRC-32C of a record: each value with its length, so that no two
// records are spelled alike. A record's run and its place in the run are among
// them: a record in another's place is noticed too.
type checksum struct {
	crc uint32
	buf [128]byte // what is summed must be bytes somewhere, and a copy of each text on its own is garbage
}

var crc32c = crc32.MakeTable(crc32.Castagnoli)

func (c *checksum) bytes(b []byte) *checksum {
	c.int(int64(len(b)))
	c.crc = crc32.Update(c.crc, crc32c, b)
	return c
}

func (c *checksum) text(texts ...string) *checksum {
	for _, t := range texts {
		c.int(int64(len(t)))
		for len(t) > 0 {
			n := copy(c.buf[:], t)
			c.crc = crc32.Update(c.crc, crc32c, c.buf[:n])
			t = t[n:]
		}
	}
	return c
}

func (c *checksum) int(numbers ...int64) *checksum {
	for _, n := range numbers {
		b := binary.LittleEndian.AppendUint64(c.buf[:0], uint64(n)) //nolint:gosec // the bits count
		c.crc = crc32.Update(c.crc, crc32c, b)
	}
	return c
}

// sum is the value that is stored.
func (c *checksum) sum() int64 { return int64(c.crc) }

// IntentSum is the checksum of an intent. It leaves the account out: two of them may turn out to be one.
func IntentSum(sequence, run, line, at int64, number, changes string) int64 {
	return new(checksum).int(sequence, run, line, at).text(number, changes).sum()
}

// VerifiedSum is the checksum of a verification.
func VerifiedSum(sequence, run, line int64, number, status, doc string) int64 {
	return new(checksum).int(sequence, run, line).text(number, status, doc).sum()
}

// SkippedSum is the checksum of a skipped row.
func SkippedSum(run, n, line int64, number, doc string) int64 {
	return new(checksum).int(run, n, line).text(number, doc).sum()
}

// MilestoneSum is the checksum of a milestone.
func MilestoneSum(sequence, run, at int64, kind, doc string, waves []byte) int64 {
	return new(checksum).int(sequence, run, at).text(kind, doc).bytes(waves).sum()
}

// PlanSum is the checksum of a block of a plan.
func PlanSum(run, n, from, to, rows int64, content []byte) int64 {
	return new(checksum).int(run, n, from, to, rows).bytes(content).sum()
}

// BlockSum is the checksum of the other blocks; their phase is 0 where they have none.
func BlockSum(run, n, phase int64, content []byte) int64 {
	return new(checksum).int(run, n, phase).bytes(content).sum()
}

// PlanEndSum is the checksum of how many blocks a plan has.
func PlanEndSum(run, blocks int64) int64 { return new(checksum).int(run, blocks).sum() }

// UnprotectedSum is the checksum of the end of a protection.
func UnprotectedSum(sequence, run, cutover, at int64, doc string) int64 {
	return new(checksum).int(sequence, run, cutover, at).text(doc).sum()
}
