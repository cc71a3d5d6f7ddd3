package settings_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

func ExampleSettings() {
	var s settings.Settings
	s.Set("VoiceEnabled", "true")
	s.Set("MessageRouteId", "MRID-73af")
	s.Set("CnamLastName", "") // clear it
	fmt.Println(s)
	fmt.Println(s.Names())
	// Output:
	// VoiceEnabled=true MessageRouteId=MRID-73af CnamLastName=<clear>
	// [VoiceEnabled MessageRouteId CnamLastName]
}

func TestZeroSettingsSetNothing(t *testing.T) {
	var s settings.Settings
	if !s.IsZero() || s.Len() != 0 || s.Names() != nil || s.String() != "" {
		t.Errorf("zero settings: %v, %d, %q", s.IsZero(), s.Len(), s)
	}
	if diff := cmp.Diff(client.UpdateRequest{Number: "+18018018011"}, s.Request("+18018018011")); diff != "" {
		t.Error(diff)
	}
	if value, set := s.Get("Iccid"); value != "" || set {
		t.Errorf("Iccid = %q, %v", value, set)
	}
	if _, set := s.Get("Nonsense"); set {
		t.Error("a field that does not exist is set")
	}
}

func TestStringTellsValuesApart(t *testing.T) {
	for value, want := range map[string]string{
		"":          "CnamLastName=<clear>",
		"<clear>":   `CnamLastName="<clear>"`,
		"Lee":       "CnamLastName=Lee",
		"Lee Major": `CnamLastName="Lee Major"`,
		"a=b":       `CnamLastName="a=b"`,
	} {
		var s settings.Settings
		s.Set("CnamLastName", value)
		if got := s.String(); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

// The journal keeps hashes: they must never change.
func TestHashIsStable(t *testing.T) {
	var s settings.Settings
	s.Set("MessageRouteId", "MRID-73af")
	s.Set("VoiceEnabled", "false")
	if got, want := s.Hash(), "35674d264ec83f96"; got != want {
		t.Errorf("hash = %s, want %s", got, want)
	}
}

func TestSetRefusesUnknownFields(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	new(settings.Settings).Set("Nonsense", "x")
}

// anySettings draws settings as a row could have them.
func anySettings(t *rapid.T) settings.Settings {
	var s settings.Settings
	for _, f := range settings.Fields() {
		if !rapid.Bool().Draw(t, f.Name) {
			continue
		}
		switch f.Kind {
		case settings.Bool:
			s.Set(f.Name, rapid.SampledFrom([]string{"true", "false"}).Draw(t, "value"))
		case settings.Enum:
			s.Set(f.Name, rapid.SampledFrom(f.Values).Draw(t, "value"))
		default:
			s.Set(f.Name, rapid.String().Draw(t, "value"))
		}
	}
	return s
}

// A request has the fields that are set, under the API's names, and no others.
func TestRequestSendsWhatIsSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySettings(t)
		want := map[string]any{"Number": "+18018018011"}
		for _, name := range s.Names() {
			value, _ := s.Get(name)
			want[name] = value
			if f, _ := settings.Lookup(name); f.Kind == settings.Bool {
				want[name] = value == "true"
			}
		}
		sent, err := json.Marshal(s.Request("+18018018011"))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]any{}
		if err := json.Unmarshal(sent, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHashTellsSettingsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anySettings(t), anySettings(t)
		if (a == b) != (a.Hash() == b.Hash()) {
			t.Errorf("%v and %v: equal %v, hashes %s and %s", a, b, a == b, a.Hash(), b.Hash())
		}
	})
}

func TestFieldsAreTheAPIs(t *testing.T) {
	var names, clearable, hidden []string
	for _, f := range settings.Fields() {
		names = append(names, f.Name)
		if f.Clearable {
			clearable = append(clearable, f.Name)
		}
		if !f.Shown {
			hidden = append(hidden, f.Name)
		}
		if (f.Kind == settings.Enum) != (f.Values != nil) || f.Clearable != (f.Kind == settings.Text) {
			t.Errorf("%+v contradicts itself", f.Name)
		}
	}
	want := []string{
		"MessageEnabled", "VoiceEnabled", "MessageType", "Classification", "MessageRouteId", "VoiceRouteId",
		"AssignedSubscriberId", "Iccid", "CnamFirstName", "CnamLastName", "ProductType",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[4:10], clearable); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(hidden, []string{"ProductType"}) {
		t.Errorf("hidden: %v", hidden)
	}
}

func TestLookupKnowsAnyCase(t *testing.T) {
	if f, ok := settings.Lookup("messagerouteid"); !ok || f.Name != "MessageRouteId" {
		t.Errorf("got %v, %v", f.Name, ok)
	}
	if _, ok := settings.Lookup("Number"); ok {
		t.Error("the number is not one of its settings")
	}
}

// voice is the warning of voice for a number of things.
func voice(field, value string) settings.Flaw {
	return settings.Flaw{
		Field: field, Message: value + " is for voice, which a number that is IoT does not have by the vendor's rules",
		Hint: "see whether this number is meant; it is sent as it is", Warning: true,
	}
}

// What only the reading tells of a number is warned of, where the row has to do with it.
func TestOddStates(t *testing.T) {
	for text, test := range map[string]struct {
		has  client.Number
		sets []string
		want []settings.Flaw
	}{
		"voice of a thing":        {client.Number{Classification: new("IoT")}, []string{"VoiceEnabled", "true"}, []settings.Flaw{voice("VoiceEnabled", "true")}},
		"a thing with voice":      {client.Number{VoiceEnabled: new(true)}, []string{"Classification", "IoT"}, []settings.Flaw{voice("VoiceEnabled", "true")}},
		"a product of voice":      {client.Number{Classification: new("IoT")}, []string{"ProductType", "Sms+Data+Voice"}, []settings.Flaw{voice("ProductType", "Sms+Data+Voice")}},
		"as the row itself says":  {client.Number{}, []string{"Classification", "IoT", "VoiceEnabled", "true"}, nil},
		"something else":          {client.Number{Classification: new("IoT"), VoiceEnabled: new(true)}, []string{"MessageRouteId", "MRID-a"}, nil},
		"no thing":                {client.Number{Classification: new("MVNO")}, []string{"VoiceEnabled", "true"}, nil},
		"a thing without voice":   {client.Number{Classification: new("IoT")}, []string{"VoiceEnabled", "false"}, nil},
		"no thing from now on":    {client.Number{Classification: new("IoT"), VoiceEnabled: new(true)}, []string{"Classification", "MVNO"}, nil},
		"what is it nobody knows": {client.Number{}, []string{"VoiceEnabled", "true"}, nil},
	} {
		now := settings.StateOf(test.has)
		if diff := cmp.Diff(test.want, now.Odd(settings.Diff(asked(test.sets...), now))); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

// An id whose UUID is cut off is warned of.
func TestCutIdentifiers(t *testing.T) {
	field, _ := settings.Lookup("MessageRouteId")
	const whole = "MRID-47a06b4c-3d60-4e4f-8a35-2f6e1d90c4b8"
	for n := len("MRID-") + 1; n <= len(whole)+1; n++ {
		id := (whole + "9")[:n]
		_, flaw := field.Parse(id)
		cut := n >= len("MRID-47a06b4c-") && n < len(whole)
		if cut != (flaw != nil) || flaw != nil && (!flaw.Warning || !strings.Contains(flaw.Message, fmt.Sprintf("it has %d of the 36", n-5))) {
			t.Errorf("%s: %+v", id, flaw)
		}
	}
	for _, id := range []string{"MRID-a", "MRID-new-hub", "MRID-deadbeef", "T9992774", "47a06b4c-3d6", "MRID-47a06b4c-hub"} {
		if _, flaw := field.Parse(id); flaw != nil {
			t.Errorf("%s: %+v", id, flaw)
		}
	}
}

func TestFlawsOfSettingsTogether(t *testing.T) {
	refused := settings.Flaw{
		Field: "MessageType", Message: "the API refuses a2p for a number that is IoT", Hint: "write p2p, or another Classification",
	}
	long := func(field string, message string) settings.Flaw {
		return settings.Flaw{Field: field, Message: message, Hint: "shorten it", Warning: true}
	}
	bare := func(field string) settings.Flaw {
		return settings.Flaw{
			Field: field, Message: "is cleared, and the vendor says that each number must have one", Hint: "write the one that it is to have", Warning: true,
		}
	}
	for _, test := range []struct {
		set  map[string]string
		want []settings.Flaw
	}{
		{map[string]string{"Classification": "IoT", "MessageType": "a2p"}, []settings.Flaw{refused}},
		{map[string]string{"Classification": "IoT", "MessageType": "p2p"}, nil},
		{map[string]string{"Classification": "MVNO", "MessageType": "a2p"}, nil},
		{map[string]string{"MessageType": "a2p"}, nil},
		{map[string]string{"CnamFirstName": "Bob's", "CnamLastName": "Shake Sho"}, nil},
		{map[string]string{"CnamFirstName": "Bob's", "CnamLastName": "Shake Shop"},
			[]settings.Flaw{long("CnamLastName", "the caller name has 16 characters, networks show 15")}},
		{map[string]string{"CnamFirstName": "Bob's Shake Shack", "CnamLastName": ""},
			[]settings.Flaw{long("CnamFirstName", "the caller name has 17 characters, networks show 15")}},
		{map[string]string{"CnamLastName": "ÄÖÜäöüÄÖÜäöüÄÖÜ"}, nil},
		{map[string]string{"Classification": "IoT", "VoiceEnabled": "true", "ProductType": "Sms+Data+Voice"},
			[]settings.Flaw{voice("VoiceEnabled", "true"), voice("ProductType", "Sms+Data+Voice")}},
		{map[string]string{"Classification": "IoT", "VoiceEnabled": "false", "ProductType": "Data-Only"}, nil},
		{map[string]string{"Classification": "MVNO", "VoiceEnabled": "true"}, nil},
		{map[string]string{"VoiceEnabled": "true"}, nil},
		{map[string]string{"MessageRouteId": "", "VoiceRouteId": "", "AssignedSubscriberId": ""},
			[]settings.Flaw{bare("MessageRouteId"), bare("AssignedSubscriberId")}},
	} {
		var s settings.Settings
		for name, value := range test.set {
			s.Set(name, value)
		}
		if diff := cmp.Diff(test.want, s.Flaws()); diff != "" {
			t.Errorf("%v:\n%s", s, diff)
		}
	}
}

// The store has settings as JSON that older versions wrote of a map.
func TestSettingsAsJSONAreThoseOfAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, fields := anySettings(t), map[string]string{}
		for _, name := range s.Names() {
			fields[name], _ = s.Get(name)
		}
		got, err := json.Marshal(s)
		want, wantErr := json.Marshal(fields)
		if err != nil || wantErr != nil || string(got) != string(want) {
			t.Errorf("%s, %v; of a map %s, %v", got, err, want, wantErr)
		}
	})
}
