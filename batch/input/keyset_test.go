package input_test

import (
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/input/internal/keyset"
)

func TestAddTellsTheFirstOfEachKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, model := keyset.New(), map[uint64]bool{}
		keys := rapid.OneOf(rapid.Uint64Range(1, 50), rapid.Uint64Range(12_020_000_000, 12_020_000_500), rapid.Uint64Min(1))
		for _, key := range rapid.SliceOf(keys).Draw(t, "keys") {
			if added := set.Add(key); added == model[key] {
				t.Fatalf("key %d was there: %v, Add = %v", key, model[key], added)
			}
			model[key] = true
		}
	})
}

// A million keys, as close together as numbers are, take no more than 16 bytes each, however many rows they are in.
func TestASetIsSmall(t *testing.T) {
	const keys, most = 300_000, 16
	before := heap()
	set := keyset.New()
	for range 3 {
		for key := range uint64(keys) {
			set.Add(12_020_000_000 + key)
		}
	}
	if each := float64(heap()-before) / keys; each > most {
		t.Errorf("%.1f bytes a key, want at most %d", each, most)
	}
	if set.Add(12_020_000_000) {
		t.Error("a key was lost")
	}
}

// heap is the memory in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkAdd(b *testing.B) {
	set := keyset.New()
	key := uint64(12_020_000_000)
	for b.Loop() {
		set.Add(key)
		key++
	}
}
