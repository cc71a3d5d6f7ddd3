package input_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/input"
)

// The benchmarks check a file of b.N rows, so that what is told is the cost of
// a row. For a million of them: go test -bench Check -benchtime 1000000x

func BenchmarkCheckCSV(b *testing.B) {
	benchmarkCheck(b, "MessageEnabled,Number,Classification,MessageRouteId,VoiceRouteId,CnamFirstName,CnamLastName,Notes,Iccid\n",
		func(w io.Writer, i int) {
			fmt.Fprintf(w, "yes,+1202%07d,mvno,MRID-%08d,CRID-%08d,Bob,\"Lee, Shop\",called twice,%s\n", i, i%7, i%5, iccid(i))
		})
}

func BenchmarkCheckJSONL(b *testing.B) {
	benchmarkCheck(b, "", func(w io.Writer, i int) {
		fmt.Fprintf(w, `{"MessageEnabled":true,"Number":"+1202%07d","Classification":"mvno","MessageRouteId":"MRID-%08d",`+
			`"VoiceRouteId":"CRID-%08d","CnamFirstName":"Bob","CnamLastName":"Lee, Shop","Notes":null,"Iccid":"%s"}`+"\n",
			i, i%7, i%5, iccid(i))
	})
}

// Numbers that stand in the file several times cost no more than others.

func BenchmarkCheckOneNumber(b *testing.B) {
	benchmarkCheck(b, "Number,VoiceEnabled\n", func(w io.Writer, _ int) { io.WriteString(w, "+12025550100,yes\n") })
}

func BenchmarkCheckConflicts(b *testing.B) {
	benchmarkCheck(b, "Number,VoiceEnabled\n", func(w io.Writer, i int) { fmt.Fprintf(w, "+1202%07d,%d\n", i/2, i%2) })
}

// iccid makes the number of a SIM, with a check digit that fits and the filler.
func iccid(i int) string {
	digits := fmt.Sprintf("8901240397%08d", i)
	sum := 0
	for j, c := range digits { // every second digit counts double, the last one too
		d := int(c-'0') * (1 + (len(digits)-j)%2)
		sum += d/10 + d%10
	}
	return fmt.Sprintf("%s%dF", digits, (10-sum%10)%10)
}

func benchmarkCheck(b *testing.B, header string, row func(io.Writer, int)) {
	path := filepath.Join(b.TempDir(), "input")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(file)
	io.WriteString(w, header)
	for i := range b.N {
		row(w, i)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	peak := peakHeap(b)
	checked, err := input.Check(context.Background(), path, input.Options{Ignore: []string{"Notes"}}, func(input.Problem) {})
	if err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if c := checked.Counts(); c.Rows != b.N {
		b.Fatalf("counts = %+v, want %d rows", c, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(peak()/(1<<20), "peak-MB")
}

// peakHeap watches the memory that is in use until the result is asked for.
func peakHeap(b *testing.B) func() float64 {
	ctx, cancel := context.WithCancel(b.Context())
	result := make(chan float64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		peak := uint64(0)
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-ctx.Done():
				result <- float64(peak)
				return
			}
		}
	}()
	return func() float64 { cancel(); return <-result }
}
