package text_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/text"
)

func TestRunsText(t *testing.T) {
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	if err := text.Runs(&out, reporttest.Runs(now), now); err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{
		{"three ", "nightly", "running", "12,000", "1 m ", "2026-11-2", "10,000 updated, 2,000 not_attempted (pid 17 on night1)"},
		{"two ", "refused", " 47 h ", "(sandbox; guard)"},
		{"one ", "archived", " 90 d "},
	} {
		for line := range strings.Lines(out.String()) {
			if !strings.HasPrefix(line, want[0]) {
				continue
			}
			for _, part := range want {
				if !strings.Contains(line, part) {
					t.Errorf("%q lacks %q", line, part)
				}
			}
			want = nil
			break
		}
		if want != nil {
			t.Errorf("%s is not in\n%s", want[0], &out)
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("the name of a job colours the terminal")
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 59 * time.Second: "59 s", time.Minute: "1 m", time.Hour: "1 h", 47*time.Hour + 59*time.Minute: "47 h", 48 * time.Hour: "2 d",
	} {
		if got := text.Age(d); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}
