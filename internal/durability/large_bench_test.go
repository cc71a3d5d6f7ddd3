package durability

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	largeRows    = 20_000
	largeWorkers = 64
)

// quickAPI answers at once, whatever is asked.
type quickAPI struct {
	updates atomic.Int64
	last    atomic.Int64 // when the last one was answered, in nanoseconds since 1970
}

func (q *quickAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/oauth2/tokens") {
		var asked struct{ ApiEndpoint string }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"token":"quick","successful":true,"tokenExpiry":%q,"apiEndpoint":%q}`,
			time.Now().UTC().Add(time.Hour).Format("01/02/2006 03:04:05 PM"), asked.ApiEndpoint)
		return
	}
	var asked struct{ Number, MessageRouteId string }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, `{"Number":%q,"UpdateOrderId":"JNUOID-%012d-4b1d-4067-b82d-ddbf075f40bf","UpdateOrderDate":"2026-11-26T20:01:21.3225500Z",`+
		`"UpdateOrderStatus":"Complete","MessageRouteId":%q}`, asked.Number, q.updates.Add(1), asked.MessageRouteId)
	q.last.Store(time.Now().UnixNano())
}

// BenchmarkApplyAll is the whole process of a large apply that reads nothing,
// from its start to its exit with report and page, against an API that answers at
// once; and beside it what the requests alone take.
func BenchmarkApplyAll(b *testing.B) {
	quick := &quickAPI{}
	server := httptest.NewServer(quick)
	defer server.Close()
	dir := b.TempDir()
	file := largeFile(b, dir)
	bare := bareRequests(b, server.URL)
	var whole, after, cpu time.Duration
	var stored int64
	n := 0
	for b.Loop() {
		n++
		runs := filepath.Join(dir, fmt.Sprint("runs-", n))
		c := exec.CommandContext(b.Context(), "bulknum", "apply", file, "--all", "--yes", "-q", "--max-changes", "100%", "--run", "one",
			"--runs-dir", runs, "--rate", "1000000/s", "--workers", fmt.Sprint(largeWorkers), "--log-level", "error")
		c.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, fmt.Sprint("state-", n)),
			"TELEGENT_API_URL="+server.URL, "TELEGENT_ACCOUNT_KEY=DID-1", "TELEGENT_ACCOUNT_SECRET=s3cret")
		var out bytes.Buffer
		c.Stderr = &out
		began := time.Now()
		if err := c.Run(); err != nil {
			b.Fatalf("%v\n%s", err, &out)
		}
		ended := time.Now()
		whole += ended.Sub(began)
		cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		after += ended.Sub(time.Unix(0, quick.last.Load()))
		stored += sizeOf(b, filepath.Join(runs, "bulknum.db")) + sizeOf(b, filepath.Join(runs, "one", "results.csv"))
	}
	b.ReportMetric(largeRows*float64(n)/whole.Seconds(), "rows/s")
	b.ReportMetric(float64(cpu.Microseconds())/float64(n)/largeRows, "µs-of-CPU/row")
	b.ReportMetric(100*after.Seconds()/whole.Seconds(), "%after-the-last-answer")
	b.ReportMetric(float64(stored)/float64(n)/largeRows, "bytes/row")
	b.ReportMetric(whole.Seconds()/float64(n)/bare.Seconds(), "x-bare-requests")
	b.ReportMetric(0, "ns/op")
}

// largeFile writes the file of rows.
func largeFile(b *testing.B, dir string) string {
	b.Helper()
	var rows bytes.Buffer
	rows.WriteString("Number,MessageRouteId\n")
	for i := range largeRows {
		fmt.Fprintf(&rows, "+1801%07d,MRID-%08x-0000-4000-8000-%012x\n", 2_000_000+i, i%20, i%20)
	}
	path := filepath.Join(dir, "large.csv")
	if err := os.WriteFile(path, rows.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// bareRequests is how long the same requests take with nothing around them.
func bareRequests(b *testing.B, url string) time.Duration {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: largeWorkers}
	defer transport.CloseIdleConnections()
	rows := make(chan int)
	var group sync.WaitGroup
	began := time.Now()
	for range largeWorkers {
		group.Go(func() {
			for i := range rows {
				body := fmt.Sprintf(`{"Number":"+1801%07d","MessageRouteId":"MRID-%d"}`, 2_000_000+i, i)
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url+"/v1.0/numbers/update", strings.NewReader(body))
				if err != nil {
					b.Error(err)
					continue
				}
				response, err := transport.RoundTrip(r)
				if err != nil {
					b.Error(err)
					continue
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		})
	}
	for i := range largeRows {
		rows <- i
	}
	close(rows)
	group.Wait()
	return time.Since(began)
}

func sizeOf(b *testing.B, path string) int64 {
	b.Helper()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}
