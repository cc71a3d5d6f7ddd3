package input_test

import (
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/settings"
)

func TestAssignmentsThatCannotBeMeant(t *testing.T) {
	var none settings.Settings
	given, err := input.AddWhere(none, "MessageType=A2P")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		add    func(settings.Settings, string) (settings.Settings, error)
		others settings.Settings
		term   string
		want   string
	}{
		{input.AddWhere, none, "MessageRouteId", "not of the form"},
		{input.AddWhere, none, "MesageRouteId=MRID-a", "there is no field MesageRouteId: did you mean MessageRouteId?"},
		{input.AddWhere, none, "Number=+18018018011", "Number is no setting"},
		{input.AddWhere, none, "MessageRouteId=CRID-a", "this is the id of a voice route"},
		{input.AddWhere, none, "VoiceEnabled=perhaps", "not a yes or no"},
		{input.AddWhere, given, "message type=p2p", "MessageType is given twice"},
		{input.AddSet, none, "CnamLastName=", "write CnamLastName=<clear>"},
		{input.AddSet, none, "VoiceEnabled=<clear>", "VoiceEnabled cannot be cleared"},
		{input.AddSet, given, "Classification=IoT", "the API refuses a2p"},
	} {
		if _, err := test.add(test.others, test.term); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.term, err, test.want)
		}
	}
}
