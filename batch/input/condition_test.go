package input_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
)

// Every field has a precondition, in every spelling that the API shows, and both
// formats say the same. Blank, absent and null ask for nothing.
func TestPreconditions(t *testing.T) {
	const first, second = "+18018018011", "+18018018012"
	for column, values := range map[string][2]string{ // as written, and as it is read
		"If.MessageEnabled":       {"Yes", "MessageEnabled=true"},
		"if.voice_enabled":        {"FALSE", "VoiceEnabled=false"},
		"IF. Message Type":        {"A2P", "MessageType=a2p"},
		"If.Classification":       {"<empty>", "Classification=<clear>"},
		"If.MessageRouteId":       {"MRID-a", "MessageRouteId=MRID-a"},
		"If.VoiceRouteId":         {"T9992774", "VoiceRouteId=T9992774"},
		"If.AssignedSubscriberId": {"SID-4", "AssignedSubscriberId=SID-4"},
		"If.Iccid":                {"8901240397190557414F", "Iccid=8901240397190557414F"},
		"If.CnamFirstName":        {"'t Hooft", `CnamFirstName="'t Hooft"`},
		"If.CnamLastName":         {"<EMPTY>", "CnamLastName=<clear>"},
		"If.ProductType":          {"Data-Only", "ProductType=Data-Only"},
	} {
		comma := "Number,VoiceRouteId," + column + "\n" + first + ",CRID-b," + values[0] + "\n" + second + ",CRID-b,\n"
		lines := `{"Number":"` + first + `","VoiceRouteId":"CRID-b","` + column + `":"` + values[0] + "\"}\n" +
			`{"Number":"` + second + `","VoiceRouteId":"CRID-b","` + column + "\":null}\n"
		for _, content := range []string{comma, lines} {
			file, problems := check(t, write(t, content), input.Options{})
			var got []string
			for _, row := range rows(t, file) {
				got = append(got, row.Settings.String()+" if "+row.If.String())
			}
			want := []string{"VoiceRouteId=CRID-b if " + values[1], "VoiceRouteId=CRID-b if "}
			if diff := cmp.Diff(want, got); diff != "" || problems != nil || !file.Conditional() {
				t.Errorf("%s: %v\n%s", column, problems, diff)
			}
		}
	}
}

// A guarded cell is text and has no other meaning.
func TestGuardedPreconditions(t *testing.T) {
	file, problems := check(t, write(t, "Number,CnamLastName,If.CnamLastName\n+18018018011,'<empty>,'<empty>\n"), input.Options{})
	row := rows(t, file)[0]
	if row.Settings != row.If || row.If.String() != "CnamLastName=<empty>" || problems != nil {
		t.Errorf("%+v, %v", row, problems)
	}
}

// Rows of one number that expect different things are no repetition.
func TestPreconditionsOfTheSameNumber(t *testing.T) {
	const header = "Number,MessageRouteId,If.MessageRouteId\n"
	for cells, want := range map[string]string{
		"MRID-a|MRID-a": "duplicate",
		"MRID-a|MRID-c": "invalid",
		"MRID-a|":       "invalid",
		"|MRID-a":       "invalid",
	} {
		a, b, _ := strings.Cut(cells, "|")
		file, _ := check(t, write(t, header+"+18018018011,MRID-b,"+a+"\n+18018018011,MRID-b,"+b+"\n"), input.Options{})
		if got := rows(t, file)[1].Status.String(); got != want {
			t.Errorf("%q: %s, want %s", cells, got, want)
		}
	}
}

func TestPreconditionsAreNoSettings(t *testing.T) {
	if _, err := input.FindField("if.MessageRouteId"); err == nil || !strings.Contains(err.Error(), "it is a precondition of a row") {
		t.Errorf("got %v", err)
	}
	file, problems := check(t, write(t, "Number,If.VoiceEnabled\n+18018018011,yes\n"), input.Options{})
	if len(problems) != 1 || !strings.Contains(problems[0], "the row sets nothing") || file.Counts().Invalid != 1 {
		t.Errorf("got %v", problems)
	}
}
