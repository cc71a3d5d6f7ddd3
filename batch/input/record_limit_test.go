package input

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/input/internal/bounded"
)

// counted counts what is read.
type counted struct {
	r    io.Reader
	read int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read += n
	return n, err
}

// endless is a row that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	return copy(p, strings.Repeat("x", len(p))), nil
}

func csvOf(t *testing.T, r io.Reader) *csvSource {
	t.Helper()
	n, err := newNames(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := newCSV(&text{Reader: bufio.NewReaderSize(r, readSize)}, 0, n)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// To find out what is wrong with a row that does not end, no more is read than
// a row may have.
func TestAnEndlessRowIsNotReadToItsEnd(t *testing.T) {
	for _, start := range []string{"", `"`, "Bob,", `"Bob"`, `B"ob`} {
		in := &counted{r: io.MultiReader(strings.NewReader("Number,CnamLastName\n+18018018011,"+start), endless{})}
		_, ok := errors.AsType[*unreadable](csvOf(t, in).next(&record{}))
		if !ok || in.read > bounded.Most+3*readSize {
			t.Errorf("%s: ended %v, after %d bytes", start, ok, in.read)
		}
	}
}

// A broken row is looked at again without reading the file again, wherever it
// stands; its cell is told.
func TestBrokenRowsAreLookedAtInPassing(t *testing.T) {
	var content strings.Builder
	content.WriteString("Number,CnamFirstName,CnamLastName\n")
	const rows = 20_000
	for i := range rows {
		fmt.Fprintf(&content, "+18018018011,\"%s\n\",%d\"B\n", strings.Repeat("é", i%90), i)
	}
	in := &counted{r: strings.NewReader(content.String())}
	source, rec := csvOf(t, in), &record{}
	for i := range rows {
		if err := source.next(rec); err != nil {
			t.Fatal(err)
		}
		if got, want := rec.broken[0], fmt.Sprintf(`%d"B`, i); rec.line != 2+2*i || got.Value != want || got.Column != "CnamLastName" {
			t.Fatalf("row %d: line %d, %+v", i, rec.line, got)
		}
	}
	if err := source.next(rec); !errors.Is(err, io.EOF) || in.read != content.Len() {
		t.Errorf("%v; %d bytes were read of %d", err, in.read, content.Len())
	}
	if keeps := cap(source.limited.Current()); keeps > 4*readSize {
		t.Errorf("%d bytes are kept of short rows", keeps)
	}
}
