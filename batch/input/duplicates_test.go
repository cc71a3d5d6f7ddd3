package input_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Each letter of a file is a row of the same number: a and b ask for different
// things, x is invalid. The verdicts are those of the rows, with the line that
// each names.
func TestTheSameNumberTwice(t *testing.T) {
	cells := map[rune]string{'a': "yes,", 'A': "TRUE,", 'b': "no,", 'x': "maybe,"}
	for letters, want := range map[string]string{
		"a":    "valid",
		"aa":   "valid, duplicate of 2",
		"aAa":  "valid, duplicate of 2, duplicate of 2",
		"ab":   "invalid: other 3, invalid: other 2",
		"aab":  "invalid: other 4, invalid: other 4, invalid: other 2",
		"aba":  "invalid: other 3, invalid: other 2, invalid: other 3",
		"abb":  "invalid: other 3, invalid: other 2, invalid: other 2",
		"ax":   "invalid: broken 3, invalid: other 2",
		"xa":   "invalid: other 3, invalid: broken 2",
		"xx":   "invalid: broken 3, invalid: broken 2",
		"aaxb": "invalid: broken 4, invalid: broken 4, invalid: other 2, invalid: other 2",
	} {
		content := "Number,VoiceEnabled,Iccid\n"
		for _, letter := range letters {
			content += "+18018018011," + cells[letter] + "\n"
		}
		file, problems := check(t, write(t, content), input.Options{})
		var got []string
		var counts input.Counts
		for _, row := range rows(t, file) {
			got = append(got, verdict(row))
			counts.Warnings += len(row.Warnings)
			count(&counts, row.Status)
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s:\n%s", letters, diff)
		}
		if diff := cmp.Diff(counts, file.Counts()); diff != "" {
			t.Errorf("%s: the passes differ:\n%s", letters, diff)
		}
		if letters != "a" && len(problems) == 0 {
			t.Errorf("%s: nothing was reported", letters)
		}
	}
}

func verdict(row input.Row) string {
	if row.Status == input.Duplicate {
		return fmt.Sprintf("duplicate of %d", row.SameAs)
	}
	text := row.Status.String()
	for line := 2; line < 8; line++ {
		if strings.Contains(row.Error, fmt.Sprintf("line %d has the same number with other settings (keep one of the rows)", line)) {
			text += fmt.Sprintf(": other %d", line)
		}
		if strings.Contains(row.Error, fmt.Sprintf("line %d has the same number and is invalid (keep one of the rows)", line)) {
			text += fmt.Sprintf(": broken %d", line)
		}
	}
	return text
}

func TestRepetitionsAreReportedInOrder(t *testing.T) {
	_, problems := check(t, write(t, "Phone,VoiceEnabled\n"+
		"+18018018011,yes\n+18018018012,yes\n+18018018012,no\n+18018018011,1\n+123,no\n+123,yes\n"),
		input.Options{Map: map[string]string{"Phone": "Number"}})
	want := []string{
		`line 6: Phone (Number) "+123": has 3 digits, a number of +1 has 11 (compare it with the source)`,
		`line 7: Phone (Number) "+123": has 3 digits, a number of +1 has 11 (compare it with the source)`,
		`line 3: Phone (Number) "+18018018012": line 4 has the same number with other settings (keep one of the rows)`,
		`line 4: Phone (Number) "+18018018012": line 3 has the same number with other settings (keep one of the rows)`,
		`warning: line 5: Phone (Number) "+18018018011": line 2 says the same (it is sent once)`,
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

// However often a number stands in a file, and whatever its rows ask for, no
// more is kept of it. What is kept is measured when the last row is told.
func TestRepetitionsCostNoMemory(t *testing.T) {
	testextent.Variant(t)
	const times = 50_000
	for name, test := range map[string]struct {
		cycle string
		want  input.Counts
	}{
		"same":     {"+18018018011,1\n", input.Counts{Rows: times, Valid: 1, Duplicate: times - 1, Warnings: times - 1}},
		"conflict": {"+18018018011,1\n+18018018011,0\n", input.Counts{Rows: times, Invalid: times}},
		"invalid":  {"+18018018011,x\n", input.Counts{Rows: times, Invalid: times}},
	} {
		if name == "invalid" && testextent.Plain() {
			continue // as those in conflict
		}
		rows := repeat(test.cycle, times/strings.Count(test.cycle, "\n"))
		path := write(t, "Number,VoiceEnabled\n"+rows)
		before, after, told := inUse(), uint64(0), 0
		file, err := input.Check(context.Background(), path, input.Options{}, func(p input.Problem) {
			if strings.Contains(p.Message, "line ") {
				told++
			}
			if p.Row == times {
				after = inUse()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, file.Counts()); diff != "" || told != times-file.Counts().Valid {
			t.Errorf("%s: told of %d rows; counts:\n%s", name, told, diff)
		}
		if after > before+1<<20 {
			t.Errorf("%s: %d KiB are kept of one number", name, (after-before)>>10)
		}
	}
}

// inUse is the memory that is in use, in bytes.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A file that loses its repetitions while it is checked is not judged by what
// was there before.
func TestAFileThatChangesWhileItIsCheckedIsNoticed(t *testing.T) {
	path := write(t, "Number,VoiceEnabled\n+18018018011,maybe\n+18018018011,yes\n")
	_, err := input.Check(context.Background(), path, input.Options{}, func(input.Problem) {
		if err := os.WriteFile(path, []byte("Number,VoiceEnabled\n+18018018012,yes\n"), 0o600); err != nil {
			t.Error(err)
		}
	})
	if err == nil || !strings.HasSuffix(err.Error(), "the file has changed since it was checked") {
		t.Errorf("got %v", err)
	}
}
