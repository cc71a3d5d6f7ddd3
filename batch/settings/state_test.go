package settings_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// known returns all that a state tells, by field.
func known(s settings.State) map[string]string {
	fields := map[string]string{}
	for _, f := range settings.Fields() {
		if value, ok := s.Get(f.Name); ok {
			fields[f.Name] = value
		}
	}
	return fields
}

func TestStateOfARecord(t *testing.T) {
	s := settings.StateOf(client.Number{
		Number: "+18018018011", MessageEnabled: new(true), VoiceEnabled: new(false), MessageType: new("A2P"),
		Classification: new("Other"), MessageRouteId: new(" MRID-a "), VoiceRouteId: new(""), AssignedSubscriberId: new("SID-7"),
		Iccid: new("8901240397190557414F"), Cnam: new("Bob's Shake Shack"),
	})
	want := map[string]string{
		"MessageEnabled": "true", "VoiceEnabled": "false", "MessageType": "a2p", "Classification": "Other",
		"MessageRouteId": "MRID-a", "VoiceRouteId": "", "AssignedSubscriberId": "SID-7", "Iccid": "8901240397190557414F",
		"CnamFirstName": "Bob's", "CnamLastName": "Shake Shack",
	}
	if diff := cmp.Diff(want, known(s)); diff != "" {
		t.Error(diff)
	}
	if s := settings.StateOf(client.Number{Number: "+18018018011"}); s != (settings.State{}) {
		t.Errorf("a record without settings tells %v", known(s))
	}
}

// Parts that the API tells are no guess: they win over the name shown as one.
func TestStateOfARecordWithBothParts(t *testing.T) {
	s := settings.StateOf(client.Number{Cnam: new("Mary Ann Lee"), CnamFirstName: new("Mary Ann"), CnamLastName: new("Lee")})
	if diff := cmp.Diff(map[string]string{"CnamFirstName": "Mary Ann", "CnamLastName": "Lee"}, known(s)); diff != "" {
		t.Error(diff)
	}
	if changes := settings.Diff(asked("CnamFirstName", "Mary", "CnamLastName", "Ann Lee"), s); len(changes) != 2 {
		t.Errorf("other parts: %v", changes)
	}
}

// One part that the API tells says where the name is split.
func TestStateOfARecordWithOnePart(t *testing.T) {
	s := settings.StateOf(client.Number{Cnam: new("Mary Ann Lee"), CnamFirstName: new("Mary Ann")})
	if diff := cmp.Diff(map[string]string{"CnamFirstName": "Mary Ann", "CnamLastName": "Lee"}, known(s)); diff != "" {
		t.Error(diff)
	}
}

// What is shown stays: an earlier answer is older.
func TestKnowTellsOnlyWhatIsWriteOnly(t *testing.T) {
	s := settings.StateOf(client.Number{MessageRouteId: new("MRID-a"), VoiceRouteId: new(""), VoiceEnabled: new(true)})
	for _, name := range []string{"MessageRouteId", "VoiceRouteId", "VoiceEnabled", "Iccid", "ProductType", "CnamFirstName"} {
		s.Know(name, "SMS-only")
	}
	want := map[string]string{
		"MessageRouteId": "MRID-a", "VoiceRouteId": "", "VoiceEnabled": "true",
		"Iccid": "SMS-only", "ProductType": "Sms-Only", "CnamFirstName": "SMS-only",
	}
	if diff := cmp.Diff(want, known(s)); diff != "" {
		t.Error(diff)
	}
	if _, ok := s.Get("Nonsense"); ok {
		t.Error("a field that does not exist is known")
	}
}

func TestKnowRefusesUnknownFields(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	new(settings.State).Know("Nonsense", "x")
}

// An export splits names as it can; a row that knows better still finds them right.
func TestStateFromAnExportedRow(t *testing.T) {
	s := settings.StateFrom(asked("MessageType", "a2p", "VoiceRouteId", "", "CnamFirstName", "Mary", "CnamLastName", "Ann Lee"))
	want := map[string]string{
		"MessageType": "a2p", "VoiceRouteId": "", "CnamFirstName": "Mary", "CnamLastName": "Ann Lee", // the rest is not known
	}
	if diff := cmp.Diff(want, known(s)); diff != "" {
		t.Error(diff)
	}
	if changes := settings.Diff(asked("CnamFirstName", "Mary Ann", "CnamLastName", "Lee"), s); changes != nil {
		t.Errorf("the same name: %v", changes)
	}
	if changes := settings.Diff(asked("CnamFirstName", "Mary Ann"), s); changes != nil {
		t.Errorf("the first name as it is: %v", changes)
	}
	one := settings.StateFrom(asked("CnamFirstName", "Bob", "CnamLastName", ""))
	if changes := settings.Diff(asked("CnamFirstName", "Bob", "CnamLastName", ""), one); changes != nil {
		t.Errorf("a name of one word: %v", changes)
	}
	part := known(settings.StateFrom(asked("CnamFirstName", "Bob")))
	if diff := cmp.Diff(map[string]string{"CnamFirstName": "Bob"}, part); diff != "" {
		t.Errorf("a part without the other: %s", diff)
	}
}

func TestFlawOfAState(t *testing.T) {
	for _, test := range []struct {
		classification, messageType string
		refused                     bool
	}{
		{"IoT", "a2p", true}, {"IOT", "A2P", true}, {"IoT", "p2p", false}, {"MVNO", "a2p", false}, {"", "a2p", false}, {"IoT", "", false},
	} {
		s := settings.StateOf(client.Number{Classification: &test.classification, MessageType: &test.messageType})
		if flaw := s.Flaw(); (flaw != nil) != test.refused {
			t.Errorf("%s with %s: %v", test.classification, test.messageType, flaw)
		}
	}
	if flaw := settings.StateOf(client.Number{MessageType: new("a2p")}).Flaw(); flaw != nil {
		t.Errorf("hidden classification: %v", flaw)
	}
	iot := settings.StateOf(client.Number{Classification: new("IoT"), MessageType: new("p2p")})
	after := settings.Apply(iot, settings.Diff(asked("MessageType", "a2p"), iot))
	if flaw := after.Flaw(); flaw == nil || flaw.Message != "the API refuses a2p for a number that is IoT" {
		t.Errorf("an IoT number that is to be a2p: %v", flaw)
	}
}

func TestStateAsJSON(t *testing.T) {
	s := settings.StateOf(client.Number{MessageRouteId: new("MRID-a"), VoiceEnabled: new(true), Cnam: new("Bob Smith"), Iccid: new("")})
	data, err := json.Marshal(s)
	if want := `{"Cnam":"Bob Smith","Iccid":"","MessageRouteId":"MRID-a","VoiceEnabled":"true"}`; err != nil || string(data) != want {
		t.Errorf("%s, %v; want %s", data, err, want)
	}
	var read settings.State
	if err := json.Unmarshal([]byte(`{"FieldOfALaterVersion":"x","VoiceEnabled":"Yes"}`), &read); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]string{"VoiceEnabled": "true"}, known(read)); diff != "" {
		t.Error(diff)
	}
	if err := json.Unmarshal([]byte(`{"VoiceEnabled":1}`), &read); err == nil {
		t.Error("a value that is no text is no error")
	}
}

func TestStateAsJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyState(t)
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		read := settings.StateOf(client.Number{Cnam: new("of before"), Iccid: new("1")})
		if err := json.Unmarshal(data, &read); err != nil {
			t.Fatal(err)
		}
		if read != s {
			t.Errorf("%s is read as %v, was %v", data, known(read), known(s))
		}
	})
}

// Two readings show together what either shows: a value beats no value, and what is not shown is no word against it.
func TestTwoReadingsBeside(t *testing.T) {
	for name, test := range map[string]struct {
		one, other client.Number
		want       map[string]string
	}{
		"nothing": {client.Number{}, client.Number{}, map[string]string{}},
		"null and a value": {
			client.Number{VoiceRouteId: new(""), Iccid: new("1")}, client.Number{VoiceRouteId: new("CRID-1"), Iccid: new("")},
			map[string]string{"VoiceRouteId": "CRID-1", "Iccid": "1"},
		},
		"two values":         {client.Number{Iccid: new("1")}, client.Number{Iccid: new("2")}, map[string]string{"Iccid": "1"}},
		"null and not shown": {client.Number{Iccid: new("")}, client.Number{VoiceRouteId: new("")}, map[string]string{"Iccid": "", "VoiceRouteId": ""}},
		"a name and null":    {client.Number{Cnam: new("")}, client.Number{Cnam: new("Bob Lee")}, map[string]string{"CnamFirstName": "Bob", "CnamLastName": "Lee"}},
		"a name and parts that are null": {
			client.Number{CnamFirstName: new(""), CnamLastName: new("")}, client.Number{Cnam: new("Bob Lee")},
			map[string]string{"CnamFirstName": "Bob", "CnamLastName": "Lee"},
		},
		"two names":              {client.Number{Cnam: new("Ann")}, client.Number{Cnam: new("Bob Lee")}, map[string]string{"CnamFirstName": "Ann", "CnamLastName": ""}},
		"no name and not shown":  {client.Number{}, client.Number{Cnam: new("")}, map[string]string{"CnamFirstName": "", "CnamLastName": ""}},
		"not shown and no name":  {client.Number{Cnam: new("")}, client.Number{}, map[string]string{"CnamFirstName": "", "CnamLastName": ""}},
		"one part and both":      {client.Number{CnamFirstName: new("Ann")}, client.Number{Cnam: new("Bob Lee")}, map[string]string{"CnamFirstName": "Ann"}},
		"no part and both parts": {client.Number{Cnam: new("")}, client.Number{CnamFirstName: new(""), CnamLastName: new("Lee")}, map[string]string{"CnamFirstName": "", "CnamLastName": "Lee"}},
	} {
		if diff := cmp.Diff(test.want, known(settings.StateOf(test.one).Beside(settings.StateOf(test.other)))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A part of a name that is shown as one is not shown as empty: it may be split otherwise.
func TestAFieldShownAsEmpty(t *testing.T) {
	cleared := asked("CnamLastName", "", "Iccid", "")
	for name, test := range map[string]struct {
		is   client.Number
		want bool
	}{
		"not shown":        {client.Number{VoiceRouteId: new("")}, false},
		"null":             {client.Number{Iccid: new("")}, true},
		"a value":          {client.Number{Iccid: new("1")}, false},
		"no name":          {client.Number{Cnam: new("")}, true},
		"a name":           {client.Number{Cnam: new("Bob")}, false},
		"no part of it":    {client.Number{CnamFirstName: new(""), CnamLastName: new("")}, true},
		"one of two parts": {client.Number{CnamFirstName: new("Bob"), CnamLastName: new("")}, true},
	} {
		if got := settings.StateOf(test.is).ShowsEmpty(cleared); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
