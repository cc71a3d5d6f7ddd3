// Package keyset is a set of a file's keys, such as its numbers, in little memory.
package keyset

import (
	"hash/maphash"
	"math/bits"
)

// Set is a set of keys other than 0. It takes 10 to 15 bytes a key, where Go's own maps take up to 21, because it grows
// by half and not to twice its size, and at any time only in a part of it.
type Set struct {
	seed maphash.Seed
	// parts share the keys evenly, so that what is copied while one of them grows is little.
	parts [256]part
}

// part is a table of keys, each in the first free slot from the place on that its hash tells; 0 is a free one.
type part struct {
	slots []uint64
	keys  int
}

// Limits of a part.
const (
	firstSlots = 8
	fullAt     = 80 // percent of the slots, above which keys are far from their places
)

// New returns an empty set.
func New() *Set { return &Set{seed: maphash.MakeSeed()} }

// Add puts a key into the set. It returns false if the key was in it before.
func (s *Set) Add(key uint64) bool {
	hash := s.hash(key)
	p := &s.parts[hash%uint64(len(s.parts))]
	if (p.keys+1)*100 > len(p.slots)*fullAt {
		p.grow(s)
	}
	slot := p.find(hash, key)
	if *slot == key {
		return false
	}
	*slot = key
	p.keys++
	return true
}

func (s *Set) hash(key uint64) uint64 { return maphash.Comparable(s.seed, key) }

// find returns the slot of a key, or the free one that it belongs in.
func (p *part) find(hash, key uint64) *uint64 {
	place, _ := bits.Mul64(hash, uint64(len(p.slots)))
	for i := place; ; i++ {
		if i == uint64(len(p.slots)) {
			i = 0
		}
		if slot := &p.slots[i]; *slot == key || *slot == 0 {
			return slot
		}
	}
}

// grow makes the part half as large again.
func (p *part) grow(s *Set) {
	before := p.slots
	p.slots = make([]uint64, max(firstSlots, len(before)*3/2))
	for _, key := range before {
		if key != 0 {
			*p.find(s.hash(key), key) = key
		}
	}
}
