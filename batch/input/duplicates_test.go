package input_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
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
