// Package seeded is what a sandbox makes up from its seed: random things, ids, and the numbers of an inventory. The same
// seed makes the same, on every machine.
package seeded

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"math/rand/v2"
)

// Random returns the random source of the n-th thing of a kind.
func Random(seed int64, kind string, n uint64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(kind))
	return rand.New(rand.NewPCG(uint64(seed)^h.Sum64(), n))
}

// UUID returns the n-th random UUID (version 4, RFC 9562) of a kind.
func UUID(seed int64, kind string, n uint64) string {
	r := Random(seed, kind, n)
	return FormatUUID(r.Uint64(), r.Uint64())
}

// FormatUUID writes 128 bits as a version 4 UUID, losing the six bits that hold version and variant.
func FormatUUID(hi, lo uint64) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], hi&^0xf000|0x4000)
	binary.BigEndian.PutUint64(raw[8:], lo&^(0b11<<62)|0b10<<62)
	text := make([]byte, 0, 37)
	start := 0
	for _, end := range []int{4, 6, 8, 10, 16} {
		text = append(hex.AppendEncode(text, raw[start:end]), '-')
		start = end
	}
	return string(text[:36])
}
