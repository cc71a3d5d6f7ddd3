package current

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// BenchmarkUnlisted measures the memory that the numbers of an inventory need which the input does not name, until its last
// page is read.
func BenchmarkUnlisted(b *testing.B) {
	const numbers, page = 1_000_000, 1000
	for range b.N {
		r := &reading{Reader: Reader{Named: map[string]struct{}{}}, into: NewReadings(store.ForPlan, nil)}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for at := 0; at < numbers; at += page {
			var p client.InventoryPage
			p.TotalResults = numbers + 1
			for i := range page {
				p.Numbers = append(p.Numbers, client.Number{Number: fmt.Sprintf("+1801%07d", at+i)})
			}
			r.look(p)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/numbers, "B/number")
		runtime.KeepAlive(r)
	}
}

// Numbers that differ are told apart, however they are written.
func TestSeen(t *testing.T) {
	var s seen
	all := []string{"+18015550100", "18015550100", "+018015550100", "+", "", "+1801555010O", "+99999999999999999999999", "+18015550101", "+18446744073709551615"}
	for round := range 2 {
		for _, number := range all {
			if anew := s.add(number); anew != (round == 0) {
				t.Errorf("%q is new: %t, in round %d", number, anew, round)
			}
		}
	}
	if s.count() != len(all) {
		t.Errorf("%d are there, want %d", s.count(), len(all))
	}
}
