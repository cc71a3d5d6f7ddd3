package input_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
)

// A file that is something else than it should be is told as what it is.
func TestWhatAFileIsInstead(t *testing.T) {
	const (
		rows   = "Number,VoiceEnabled\n+18018018011,yes\n"
		above  = "the header seems to be here, below something else (remove what stands above line "
		mac    = "line 1: the lines end in CR alone (save the file with the line ends of Windows or Unix)"
		login  = "see in a browser what it says, and whether a login is needed; then export again)"
		joined = "another header, with other columns: files have been joined here (give the files one by one)"
	)
	for name, test := range map[string]struct {
		content string
		options input.Options
		want    string
	}{
		"titles":            {"Numbers of March\n\n" + rows, input.Options{}, "line 3: " + above + "3)"},
		"titles, wide":      {"Numbers of March,\nmade by Bob,\n" + rows, input.Options{}, "line 3: " + above + "3)"},
		"titles, semicolon": {"Numbers, of March\n" + strings.ReplaceAll(rows, ",", ";"), input.Options{}, "line 2: " + above + "2)"},
		"a quote":           {"The \"numbers\" of March\n" + rows, input.Options{}, "line 2: " + above + "2)"},
		"a comment":         {"# made by Bob\n# for Jim\n" + rows, input.Options{}, "line 3: " + above + "3)"},
		"mapped":            {"Phones\nPhone,VoiceEnabled\n801,yes\n", input.Options{Map: map[string]string{"Phone": "Number"}}, "line 2: " + above + "2)"},
		"a web page":        {"\n <!DOCTYPE html>\n<html><head><title>Please\n log in</title>", input.Options{}, `this is a web page ("Please log in"), not a file of rows (` + login},
		"a bare page":       {"<html><body>", input.Options{Format: input.JSONL}, "this is a web page, not a file of rows (" + login},
		"old Mac, quotes":   {"\"Number\",\"VoiceEnabled\"\r\"+18018018011\",\"yes\"\r", input.Options{}, mac},
		"joined, others":    {rows + "Number,MessageEnabled\n+18018018012,yes\n", input.Options{}, "line 3: " + joined},
		"joined, order":     {rows + "VoiceEnabled,Number\nyes,+18018018012\n", input.Options{}, "line 3: " + joined},
		"joined, more":      {rows + "Number,VoiceEnabled,Iccid\n+18018018012,yes,\n", input.Options{}, "line 3: " + joined},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := input.Check(context.Background(), write(t, test.content), test.options, func(input.Problem) {})
			wrong, ok := errors.AsType[*input.FileError](err)
			if !ok || len(wrong.Problems) != 1 || render(wrong.Problems[0]) != test.want {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
		})
	}
}

// So is a line that is no row.
func TestWhatALineIsInstead(t *testing.T) {
	const (
		dos   = `"\x1a": the end-of-file character of DOS (0x1A) (remove it)`
		again = "the header again: files have been joined here (remove the line)"
	)
	for content, want := range map[string][]string{
		"Number,VoiceEnabled\r\n+18018018011,yes\r\n\x1a":                                           {"line 3: " + strings.TrimPrefix(dos, `"\x1a": `)},
		`{"Number":"+18018018011","VoiceEnabled":true}` + "\r\n\x1a":                                {"line 2: " + strings.TrimPrefix(dos, `"\x1a": `)},
		"Number,VoiceEnabled\n+18018018011,yes\nNumber,VoiceEnabled\n+18018018012,yes\n":            {"line 3: " + again},
		"\"Number\";Voice Enabled\n+18018018011;yes\nnumber;\"VoiceEnabled\"\n+18018018012;yes\n":   {"line 3: " + again},
		"Number,VoiceEnabled\n+18018018011,yes\n   ":                                                nil,
		"Number,VoiceEnabled\n \t \n+18018018011,yes\n \r\n\n":                                      nil,
		"Number,If.MessageRouteId,If.CnamLastName,VoiceEnabled\n+18018018011,NULL,(null),yes\n":     conditions,
		"Number,VoiceEnabled,CnamLastName\n+18018018011,yes,Number\nBob,no,Number\n+18018018013,,x": {"line 3: Number \"Bob\": contains letters (write + and digits only, without words or extensions)"},
	} {
		if _, problems := check(t, write(t, content), input.Options{}); !cmp.Equal(want, problems) {
			t.Errorf("%q: %s", content, cmp.Diff(want, problems))
		}
	}
}

// conditions are the mistakes of words for nothing in preconditions.
var conditions = []string{
	`line 2: If.MessageRouteId "NULL": stands for no value (leave the cell blank to ask for nothing, or write <empty> if the field must have no value now)`,
	`line 2: If.CnamLastName "(null)": stands for no value (leave the cell blank to ask for nothing, or write <empty> if the field must have no value now)`,
}
