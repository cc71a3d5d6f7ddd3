package input_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
)

// mistakes are files with what can be wrong in a row, besides values, which
// the sample of mistakes has. All tells that every problem has a column and a
// value, and is not of the row as a whole.
var mistakes = map[string]struct {
	content string
	all     bool
}{
	"CSV, quote":               {"Number,CnamFirstName\n+18018018011,B\"ob\n", true},
	"CSV, quote, left out":     {"Number,Notes\n+18018018011,B\"ob\n", true},
	"CSV, quote, late":         {"Number,Notes,CnamFirstName\n+18018018011,\"a\nb\",\"B\"ob\r\n", true},
	"CSV, open quote":          {"Number,CnamFirstName\n+18018018011,\"Bob\n", true},
	"CSV, quote closed late":   {"Number,CnamFirstName\n+18018018011,\"Bob\n+18018018012,\"Jim\"\n", true},
	"CSV, quote, one too many": {"Number\n+18018018011,B\"ob\n", false},
	"CSV, cells":               {"Number,CnamFirstName\n+18018018011\n", false},
	"CSV, nothing":             {"Number,CnamFirstName\n+18018018011,\n", false},
	"CSV, header":              {"Phone,Phone,,Voice\n", false},
	"CSV, no rows":             {"Number,CnamFirstName\n", false},
	"CSV, sheet":               {"Number,CnamFirstName\n#REF!,#N/A\n", true},
	"CSV, conflict":            {"Number,VoiceEnabled\n+18018018011,1\n+18018018011,0\n+18018018011,x\n", true},
	"CSV, same":                {"Number,VoiceEnabled\n+18018018011,1\n+18018018011,yes\n", true},
	"JSONL, given twice":       {`{"Number":"+18018018011","VoiceEnabled":1,"VoiceEnabled":0}`, true},
	"JSONL, object":            {`{"Number":"+18018018011","VoiceEnabled":{"on":true}}`, true},
	"JSONL, array":             {`{"Number":["+18018018011"],"VoiceEnabled":1}`, true},
	"JSONL, unknown field":     {`{"Number":"+18018018011","VoiceEnabled":1,"Note":"call first"}`, true},
	"JSONL, number":            {`{"Number":18018018011,"Iccid":8901240397190556232}`, true},
	"JSONL, boolean":           {`{"Number":"+18018018011","MessageRouteId":true}`, true},
	"JSONL, clear":             {`{"Number":"+18018018011","MessageRouteId":"<clear>","VoiceEnabled":"<clear>"}`, true},
	"JSONL, conflict":          {`{"Number":"+18018018011","VoiceEnabled":1}` + "\n" + `{"number":"+18018018011","VoiceEnabled":0}`, true},
	"JSONL, nothing":           {`{"Number":"+18018018011"}`, false},
	"JSONL, cut off":           {`{"Number":"+18018018011`, false},
	"JSONL, no object":         {`{}` + "\n" + `12`, false},
	"JSONL, array of rows":     {`[{}]`, false},
}

// Whoever reads of a problem sees where it is, what stands there and what to do
// about it.
func TestEveryProblemHasACure(t *testing.T) {
	for name, test := range mistakes {
		problems := 0
		report := func(p input.Problem) {
			problems++
			if p.Message == "" || p.Hint == "" {
				t.Errorf("%s: %+v has no cure", name, p)
			}
			if test.all && (p.Line == 0 || p.Column == "" || p.Value == "") {
				t.Errorf("%s: %+v does not say where, or what", name, p)
			}
			if strings.Contains(p.Message, "unknown") && !slices.Contains(p.Options, option.IgnoreColumn) {
				t.Errorf("%s: %+v does not tell how to leave it out", name, p)
			}
		}
		_, err := input.Check(context.Background(), write(t, test.content), input.Options{Ignore: []string{"Notes"}}, report)
		if unreadable, ok := errors.AsType[*input.FileError](err); ok {
			for _, p := range unreadable.Problems {
				report(p)
			}
		}
		if problems == 0 {
			t.Errorf("%s: nothing was reported", name)
		}
	}
}

// The cell is found behind empty lines, cells of several lines and quotes in order.
func TestAQuoteIsShownWithItsCell(t *testing.T) {
	_, problems := check(t, write(t, "\nNumber;Notes;CnamFirstName\n\r\n\n\"+18018018011\";\"a\n\"\"b\"\"\";\"B\"ob;\n+18018018012;;\"\"\"Bob\"\"\"\n"),
		input.Options{Ignore: []string{"Notes"}})
	want := `line 5: CnamFirstName ""B"ob": a quote in the middle of a cell (put the whole cell into quotes and write the quote twice: "Bob ""Big"" Lee")`
	if len(problems) != 1 || problems[0] != want {
		t.Errorf("got %q\nwant %q", problems, want)
	}
}
