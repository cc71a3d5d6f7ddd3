package input_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
)

// Each word is a row: a number and its ICCID. A SIM is on one number, so that each row of a shared one names another.
func TestTheSameICCIDTwice(t *testing.T) {
	const sim = "890124039710000001"
	for words, want := range map[string]string{
		"1a 2b 3a":    "2: line 4, 4: line 2",
		"1a 2A":       "2: line 3, 3: line 2",
		"1a 2a 3a":    "2: line 3, 3: line 2, 4: line 2",
		"1a 1a 2b":    "",
		"1a 1a 2a":    "2: line 4, 3: line 4, 4: line 2",
		"1a 2- 3-":    "",
		"1d 2e":       "", // they differ beyond the 18th digit
		"1a 2b 1b 2a": "2: line 5, 3: line 4, 4: line 3, 5: line 2",
	} {
		for _, o := range []input.Options{{}, {AllowSharedICCID: true}, {AsTold: true}} {
			content := "Number,Iccid,If.Iccid,MessageRouteId\n"
			for word := range strings.FieldsSeq(words) {
				iccid := map[byte]string{
					'a': sim + "7", 'A': sim + "7f", 'b': sim + "25", '-': "", 'd': sim + "2234", 'e': sim + "2235",
				}[word[1]]
				content += fmt.Sprintf("+1801801801%c,%s,%s9,MRID-1\n", word[0], iccid, sim)
			}
			var problems []input.Problem
			file, err := input.Check(t.Context(), write(t, content), o, func(p input.Problem) { problems = append(problems, p) })
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range problems {
				if at := strings.Index(p.Message, " sets the same ICCID"); at > 0 {
					got = append(got, fmt.Sprintf("%d: %s", p.Line, p.Message[:at]))
					if p.Warning != o.AllowSharedICCID || p.Column != "Iccid" {
						t.Errorf("%s: %+v", words, p)
					}
				}
			}
			if o.AsTold {
				if len(got) > 0 {
					t.Errorf("%s, as it was told: %v", words, got)
				}
				continue
			}
			if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("%s:\n%s", words, diff)
			}
			for _, row := range rows(t, file) { // the second pass agrees with the first
				named := strings.Contains(row.Error+strings.Join(row.Warnings, ""), "sets the same ICCID")
				if named != strings.Contains(", "+want, fmt.Sprintf(", %d: ", row.Line)) {
					t.Errorf("%s: %+v", words, row)
				}
			}
		}
	}
}
