package mask_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/mask"
)

// What looks like a number, or stands beside the name of a field that is a person's, is hidden, and nothing else.
func TestTexts(t *testing.T) {
	for text, want := range map[string]string{
		"404: no number 18015550001":                                   "404: no number 18***01",
		"https://api.test/numbers/%2B18015550001":                      "https://api.test/numbers/%2B18***01",
		"of +18015550001 (8015550001) to":                              "of +18***01 (80***01) to",
		"(801) 555-0001 and +44 7700 900123":                           "(80***01 and +44***23",
		"SIM 8901 2601 2345 6789 011 is in use":                        "SIM 8901***11 is in use",
		"TSUID-7f3a55d1 is another account's":                          "TSU***d1 is another account's",
		`CnamLastName is Smith, and If.CnamLastName expects "van Dyk"`: `CnamLastName is S***, and If.CnamLastName expects "v***"`,
		`CnamFirstName "Zebulon" is too long`:                          `CnamFirstName "Z***" is too long`,
		"CnamFirstName Bob -> Eleanor; Iccid (empty) -> 8901":          "CnamFirstName *** -> E***; Iccid (empty) -> 8***",
		"CnamLastName is not shown by the API":                         "CnamLastName is not shown by the API",
		// What stays.
		"MessageRouteId MRID-1234567890 -> MRID-b":                         "MessageRouteId MRID-1234567890 -> MRID-b",
		"run 20261127T231036Z-n2, 2026-11-27 23:10:36.123 +0100":           "run 20261127T231036Z-n2, 2026-11-27 23:10:36.123 +0100",
		"1,234,567 rows of 9,999 at 48/m, line 123456":                     "1,234,567 rows of 9,999 at 48/m, line 123456",
		"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
		"": "",
	} {
		if got := mask.New().Text(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// At least half of a value is hidden, and not how long it is.
func TestValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[A-Za-zäöü0-9+-]{1,24}`).Draw(t, "value")
		if shown := len([]rune(mask.Value(value))) - len("***"); shown > 6 || 2*shown > len([]rune(value)) {
			t.Fatalf("%q is shown as %q", value, mask.Value(value))
		}
	})
}

// All texts of a value are masked, in a copy: what it was made of stays as it is.
func TestHide(t *testing.T) {
	m := mask.New()
	moved := &plan.Row{
		Number: "+18015550001", Status: result.Planned, Error: `as +18015550002: "Grace Hopper" is not on "MRID-b"`,
		Changes: []settings.Change{{Field: "CnamLastName", Old: "Smyth", New: "Smith"}, {Field: "MessageRouteId", Old: "a", New: "MRID-b"}},
		If:      settings.FromChanges([]settings.Change{{Field: "Iccid", New: "8901260123456789011"}}),
	}
	want := &plan.Row{
		Number: "+18***01", Status: result.Planned, Error: `as +18***02: "Gra***er" is not on "MRID-b"`,
		Changes: []settings.Change{{Field: "CnamLastName", Old: "S***", New: "S****"}, {Field: "MessageRouteId", Old: "a", New: "MRID-b"}},
		If:      settings.FromChanges([]settings.Change{{Field: "Iccid", New: "8901***11"}}),
	}
	before := *moved
	if d := cmp.Diff(want.ChangesText()+want.If.String()+want.Number+want.Error, textOf(mask.Hide(m, moved))); d != "" {
		t.Error(d)
	}
	if textOf(moved) != textOf(&before) || moved.Changes[0].New != "Smith" {
		t.Errorf("what was masked is %+v", moved)
	}
	routes := mask.Hide(m, map[string]string{"TSUID-7f3a55d1": "account of Ada", "MRID-b": "main"})
	if d := cmp.Diff(map[string]string{"MRID-b": "main"}, routes); d != "" {
		t.Error(d)
	}
	told := mask.Hide[event.Event](m, event.Attempted{Line: 2, Attempt: client.Attempt{Number: "+18015550001", Err: errors.New("no 18015550001")}})
	if a := told.(event.Attempted); a.Line != 2 || a.Number != "+18***01" || a.Err.Error() != "no 18***01" {
		t.Errorf("%+v", a)
	}
	if d := cmp.Diff(before.Number, mask.Hide(nil, moved).Number); d != "" {
		t.Error(d)
	}
}

func textOf(r *plan.Row) string { return r.ChangesText() + r.If.String() + r.Number + r.Error }
