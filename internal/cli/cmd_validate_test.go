package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
)

// validate runs the command and returns its exit code.
func validate(ctx context.Context, in io.Reader, out io.Writer, args ...string) int {
	streams := Streams{In: in, Out: out, Err: io.Discard, LookupEnv: func(string) (string, bool) { return "", false }}
	return Main(ctx, streams, append([]string{"validate"}, args...))
}

// signalled tells when it is read the first time.
type signalled struct {
	io.Reader
	reading func()
}

func (s signalled) Read(p []byte) (int, error) {
	s.reading()
	return s.Reader.Read(p)
}

// A signal while nothing comes on standard input ends the command at once, and
// leaves nothing of it on the disk.
func TestASignalEndsTheReadingOfStandardInput(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancelCause(t.Context())
		quiet, typing := io.Pipe()
		defer typing.Close()
		in := signalled{quiet, func() { interrupt(Interrupted(syscall.SIGINT)) }}
		if code := validate(ctx, in, io.Discard, "-"); code != 130 {
			t.Errorf("exit code %d, want 130", code)
		}
	})
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// document is what validate --json writes.
type document struct {
	Version  int             `json:"version"`
	File     string          `json:"file"`
	Problems []input.Problem `json:"problems"`
	Readable bool            `json:"readable"`
	input.Counts
}

func TestValidateJSON(t *testing.T) {
	const file = "standard input"
	missing := input.Problem{
		Row: 1, Line: 2, Column: "Number", Value: "1801<&>", Message: "not a phone number", Hint: "write + and digits only: +18018018011",
	}
	twice := input.Problem{
		Row: 3, Line: 4, Column: "Number", Value: "+18018018011", Message: "line 3 says the same", Hint: "it is sent once", Warning: true,
	}
	empty := input.Problem{Message: "the file is empty", Hint: "it needs a line that names the columns, and a line a number"}
	none := input.Problem{Message: "the file has no rows", Hint: "see whether the export that made it was complete"}
	for content, test := range map[string]struct {
		code int
		want document
	}{
		"Number,VoiceEnabled\n+18018018011,1\n": {0, document{
			Problems: []input.Problem{}, Readable: true, Counts: input.Counts{Rows: 1, Valid: 1}}},
		"Number,VoiceEnabled\n1801<&>,1\n+18018018011,1\n+18018018011,1\n": {3, document{
			Problems: []input.Problem{missing, twice}, Readable: true,
			Counts: input.Counts{Rows: 3, Valid: 1, Invalid: 1, Duplicate: 1, Warnings: 1}}},
		"Number,VoiceEnabled\n": {3, document{Problems: []input.Problem{none}, Readable: true}},
		"":                      {3, document{Problems: []input.Problem{empty}}},
	} {
		var out bytes.Buffer
		if code := validate(t.Context(), strings.NewReader(content), &out, "--json", "-"); code != test.code {
			t.Errorf("%q: exit code %d, want %d", content, code, test.code)
		}
		test.want.Version, test.want.File = 1, file
		var got document
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v\n%s", content, err, out.String())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q:\n%s", content, diff)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, out.Bytes(), "", "  "); err != nil || pretty.String() != out.String() {
			t.Errorf("%q: %v\n%s", content, err, cmp.Diff(pretty.String(), out.String()))
		}
	}
}

// meter measures the memory in use now and then, while it is written to.
type meter struct {
	written, next int
	highest       uint64
}

func (m *meter) Write(p []byte) (int, error) {
	if m.written += len(p); m.written > m.next {
		m.next += 1 << 20
		m.highest = max(m.highest, inUse())
	}
	return len(p), nil
}

// inUse is the memory that is in use, in bytes.
func inUse() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// However many problems there are, none is kept.
func TestValidateJSONKeepsNoProblem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.csv")
	content := "Number,VoiceEnabled\n" + strings.Repeat("8018018011,maybe\n", 20_000)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	before, out := inUse(), &meter{}
	if code := validate(t.Context(), nil, out, "--json", path); code != 3 || out.written < 5<<20 {
		t.Errorf("exit code %d, %d bytes", code, out.written)
	}
	if out.highest > before+4<<20 {
		t.Errorf("%d KiB in use for %d problems", (out.highest-before)>>10, 40_000)
	}
}
