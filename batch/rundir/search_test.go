package rundir_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/rundir"
)

// A search finds what looking at each line finds, also in lines longer than what
// is looked at together, and at the end of a file without a line end.
func TestLinesWith(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	line := rapid.Custom(func(t *rapid.T) string {
		pad := rapid.SampledFrom([]int{0, 1, 100, 60 << 10, 128<<10 - 3, 300 << 10}).Draw(t, "length")
		return rapid.SampledFrom([]string{"", "abcd", "bcd", "ab", "abcdabcd"}).Draw(t, "before") + strings.Repeat("x", pad) +
			rapid.SampledFrom([]string{"", "abcd", "a"}).Draw(t, "after")
	})
	rapid.Check(t, func(t *rapid.T) {
		content := strings.Join(rapid.SliceOfN(line, 0, 8).Draw(t, "lines"), "\n")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		var want, got bytes.Buffer
		for line := range strings.Lines(content) {
			if strings.Contains(line, "abcd") {
				want.WriteString(line)
			}
		}
		for line, err := range rundir.LinesWith(path, "abcd") {
			if err != nil {
				t.Fatal(err)
			}
			got.Write(line)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Fatalf("found %d bytes of lines, want %d", got.Len(), want.Len())
		}
	})
	for _, err := range rundir.LinesWith(path+"-none", "abcd") {
		if !os.IsNotExist(err) {
			t.Errorf("got %v", err)
		}
	}
}
