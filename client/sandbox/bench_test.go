package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

// discard is a response writer that keeps the status only.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// BenchmarkUpdate is one update through the handler, from all cores, over a million numbers.
func BenchmarkUpdate(b *testing.B) {
	const size = 1_000_000
	s, c := newCaller(b, sandbox.Config{Numbers: size, OnlyInventory: true, Quota: sandbox.Quota{N: size, Per: 1e9}})
	first := httptest.NewRequest(http.MethodPost, updatePath, http.NoBody)
	first.Header.Set("Content-Type", "application/json")
	first.Header.Set("Authorization", "Bearer "+c.token(updatePath))
	var i atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			number, _ := s.InventoryNumber(int(i.Add(1)) % size)
			r := *first
			r.Body = io.NopCloser(strings.NewReader(fmt.Sprintf(`{"Number":%q,"MessageRouteId":"MRID-b"}`, number)))
			w := discard{header: http.Header{}}
			s.ServeHTTP(&w, &r)
			if w.status != http.StatusOK {
				b.Errorf("status %d", w.status)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// BenchmarkInventoryPage is one page of a hundred numbers in the middle of a million.
func BenchmarkInventoryPage(b *testing.B) {
	s, c := newCaller(b, sandbox.Config{Numbers: 1_000_000})
	r := httptest.NewRequest(http.MethodGet, inventoryPath+"?Filter=All&PageNumber=5000", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+c.token(inventoryPath))
	b.ReportAllocs()
	for b.Loop() {
		w := discard{header: http.Header{}}
		s.ServeHTTP(&w, r)
		if w.status != http.StatusOK {
			b.Fatalf("status %d", w.status)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}
