package input_test

import (
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/input/internal/ahead"
)

// What is read ahead comes in order, each record once, and then the error, however often it is asked for.
func TestRecordsComeInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 1000).Draw(t, "records")
		size := rapid.IntRange(0, 300<<10).Draw(t, "size")
		end := rapid.SampledFrom([]error{io.EOF, errors.New("broken")}).Draw(t, "end")
		read := 0
		r := ahead.New(func(record *int) (int, error) {
			if read == count {
				return 0, end
			}
			read++
			*record = read
			return size, nil
		})
		defer r.Close()
		for want := 1; want <= count; want++ {
			if got, err := r.Next(); err != nil || *got != want {
				t.Fatalf("record %v, %v; want %d", got, err, want)
			}
		}
		for range 2 {
			if got, err := r.Next(); got != nil || !errors.Is(err, end) {
				t.Fatalf("behind the last record: %v, %v; want %v", got, err, end)
			}
		}
	})
}

// Nothing is read after Close, and little before it is asked for: three records of a megabyte, which fill a batch each.
func TestCloseEndsTheReading(t *testing.T) {
	read, closed := 0, false
	r := ahead.New(func(*int) (int, error) {
		if read++; closed {
			t.Error("read after Close")
		}
		return 1 << 20, nil
	})
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	closed = true
	if read == 0 || read > 3 {
		t.Errorf("%d records were read for the first one", read)
	}
}
