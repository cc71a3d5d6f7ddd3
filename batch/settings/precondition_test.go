package settings_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

func TestPreconditionsThatDoNotHold(t *testing.T) {
	now := settings.StateOf(client.Number{
		Cnam: new("Bob's Shake Shack"), VoiceRouteId: new("T9992774"), MessageType: new("A2P"), Iccid: new(""),
		AssignedSubscriberId: new("SID-1"),
	})
	for _, test := range []struct {
		expected map[string]string
		want     []string
	}{
		{map[string]string{"VoiceRouteId": "T9992774", "MessageType": "a2p", "Iccid": "", subscriber: "TSUID-1"}, nil},
		{map[string]string{firstName: "Bob's", lastName: "Shake Shack"}, nil},
		{map[string]string{lastName: "Shack"}, nil}, // nobody can tell where the name is split
		{map[string]string{lastName: "Shark"}, []string{`CnamLastName is "Shake Shack", and If.CnamLastName expects Shark`}},
		{map[string]string{"Iccid": "890124"}, []string{"Iccid is (empty), and If.Iccid expects 890124"}},
		{map[string]string{"VoiceRouteId": ""}, []string{"VoiceRouteId is T9992774, and If.VoiceRouteId expects (empty)"}},
		{map[string]string{productType: ""}, []string{"ProductType is not shown by the API, and If.ProductType expects (empty)"}},
		{map[string]string{"VoiceRouteId": "x", "Classification": "IoT"}, []string{
			"Classification is not shown by the API, and If.Classification expects IoT",
			"VoiceRouteId is T9992774, and If.VoiceRouteId expects x",
		}},
	} {
		var expected settings.Settings
		for field, value := range test.expected {
			expected.Set(field, value)
		}
		if diff := cmp.Diff(test.want, settings.Unmet(expected, now)); diff != "" {
			t.Errorf("%v:\n%s", test.expected, diff)
		}
	}
}

// Preconditions hold when everything they name is known and no different.
func TestPreconditionsHoldWhereNothingDiffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expected, now := anyRow(t), anyState(t)
		holds := len(settings.Unmet(expected, now)) == 0
		if want := len(settings.Diff(expected, now)) == 0 && len(now.Untold(expected)) == 0; holds != want {
			t.Errorf("expected %v, now %v: %v", expected, known(now), settings.Unmet(expected, now))
		}
	})
}
