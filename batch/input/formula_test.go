package input_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
)

// A text that was made a formula, so that a spreadsheet keeps it as it is, is the text: also in the column of numbers,
// where it is clear or blank, and in the header.
func TestTheTextOfAFormula(t *testing.T) {
	content := `"=""Number""",MessageRouteId,"=""CnamFirstName""",CnamLastName,If.VoiceRouteId` + "\n" +
		`"=""+18018018011""","=""MRID-73af""","=""Bob """"Big"""" Lee""","=""""","=""<empty>"""` + "\n" +
		`+18018018012,"= ""MRID-73af""","=""'=x""",<clear>,"=""CRID-1"""` + "\n" +
		`+18018018013,,"'=""x""","=""<clear>""",` + "\n"
	file, problems := check(t, write(t, content), input.Options{AllowClear: true})
	if problems != nil {
		t.Fatal(problems)
	}
	var got []string
	for _, row := range rows(t, file) {
		got = append(got, row.Number+" "+row.Settings.String()+" if "+row.If.String())
	}
	want := []string{
		`+18018018011 MessageRouteId=MRID-73af CnamFirstName="Bob \"Big\" Lee" if VoiceRouteId=<clear>`,
		`+18018018012 MessageRouteId=MRID-73af CnamFirstName="'=x" CnamLastName=<clear> if VoiceRouteId=CRID-1`,
		`+18018018013 CnamFirstName="=\"x\"" CnamLastName=<clear> if `,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Any other formula is one that nothing has worked out: it is neither a number nor an id nor a name.
func TestAFormulaIsNoValue(t *testing.T) {
	_, problems := check(t, write(t, "Number,MessageRouteId,CnamFirstName,If.VoiceRouteId\n"+
		`=A7,"=""MRID-""&B2","=HYPERLINK(""https://example.com"")",=C1`+"\n"+`+18018018012,="MRID-73af",,`+"\n"), input.Options{})
	const hint = " (save the sheet with values in place of formulas; an apostrophe before it says that it is text)"
	want := []string{
		`line 2: Number "=A7": a formula, and not what it comes to` + hint,
		`line 2: MessageRouteId "="MRID-"&B2": a formula, and not what it comes to` + hint,
		`line 2: CnamFirstName "=HYPERLINK("https://example.com")": a formula, and not what it comes to` + hint,
		`line 2: If.VoiceRouteId "=C1": a formula, and not what it comes to` + hint,
		`line 3: MessageRouteId "="MRID-73af"": a quote in the middle of a cell (a formula; write the text alone)`,
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}
