package sandbox

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"math/rand/v2"
)

// random returns the random source of the n-th thing of a kind: the same for the same three, on every machine.
func random(seed int64, kind string, n uint64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(kind))
	return rand.New(rand.NewPCG(uint64(seed)^h.Sum64(), n))
}

// uuid returns the n-th random UUID (version 4, RFC 9562) of a kind.
func uuid(seed int64, kind string, n uint64) string {
	r := random(seed, kind, n)
	return formatUUID(r.Uint64(), r.Uint64())
}

// formatUUID writes 128 bits as a version 4 UUID, losing the six bits that hold version and variant.
func formatUUID(hi, lo uint64) string {
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
