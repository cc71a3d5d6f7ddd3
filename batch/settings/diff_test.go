package settings_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// asked returns settings from names and values in turn.
func asked(pairs ...string) settings.Settings {
	var s settings.Settings
	for i := 0; i < len(pairs); i += 2 {
		s.Set(pairs[i], pairs[i+1])
	}
	return s
}

// Each line is a value as a row asks for it, beside one as the API tells it.
func TestEqualMeansEqualInMeaning(t *testing.T) {
	for _, test := range []struct {
		field, want, told string
		equal             bool
	}{
		{"MessageType", "a2p", "A2P", true},
		{"MessageType", "a2p", "a2p", true},
		{"MessageType", "a2p", "P2P", false},
		{"Classification", "IoT", "IOT", true},
		{"Classification", "IoT", " IoT", true},
		{"Classification", "IoT", "MVNO", false},
		{"Classification", "IoT", "", false},
		{"ProductType", "Sms+Data", "SMS+DATA", true},
		{"ProductType", "Sms+Data", "Sms+Data+Voice", false},
		{"VoiceEnabled", "true", "Yes", true},
		{"VoiceEnabled", "false", "No", true},
		{"VoiceEnabled", "false", "False", true},
		{"VoiceEnabled", "false", "Yes", false},
		{"VoiceEnabled", "true", "perhaps", false},
		{"MessageRouteId", "MRID-a", "MRID-a", true},
		{"MessageRouteId", "MRID-a", " MRID-a ", true},
		{"MessageRouteId", "MRID-a", "MRID-A", false},
		{"MessageRouteId", "MRID-a", "a", false},
		{"MessageRouteId", "MRID-a", "", false},
		{"MessageRouteId", "", "", true},
		{"MessageRouteId", "", "MRID-a", false},
		{"MessageRouteId", "MRID-0f8fad5b-d9cb-469f-a165-70867728950e", "MRID-0F8FAD5B-D9CB-469F-A165-70867728950E", true},
		{"MessageRouteId", "mrid-0f8fad5b-d9cb-469f-a165-70867728950e", "MRID-0F8FAD5B-D9CB-469F-A165-70867728950E", true},
		{"MessageRouteId", "MRID-0f8fad5b-d9cb-469f-a165-70867728950e", "MRID-0f8fad5b-d9cb-469f-a165-70867728950f", false},
		{"AssignedSubscriberId", "sid-0f8fad5b-d9cb-469f-a165-70867728950e", "TSUID-0F8FAD5B-D9CB-469F-A165-70867728950E", true},
		{"VoiceRouteId", "T9992774", "T9992774", true},
		{"VoiceRouteId", "T9992774", "CRID-T9992774", false},
		{"AssignedSubscriberId", "TSUID-7", "SID-7", true},
		{"AssignedSubscriberId", "SID-7", "TSUID-7", true},
		{"AssignedSubscriberId", "SID-7", "SID-7", true},
		{"AssignedSubscriberId", "TSUID-7", "SID-8", false},
		{"AssignedSubscriberId", "TSUID-7", "7", false},
		{"Iccid", "8901240397190557414", "8901240397190557414F", true},
		{"Iccid", "8901240397190557414F", "8901240397190557414", true},
		{"Iccid", "8901240397190557414F", "8901240397190557414f", true},
		{"Iccid", "89012403971905574144F", "89012403971905574144FF", true},
		{"Iccid", "8901240397190557414", "8901240397190557415F", false},
		{"Iccid", "8901240397190557414", "890124039719055741", false},
		{"CnamFirstName", "Bob", "Bob", true},
		{"CnamFirstName", "Bob", " Bob ", true},
		{"CnamFirstName", "Bob", "BOB", false},
		{"CnamFirstName", "Bob", "Bob Lee", false},
	} {
		var now settings.State
		now.Know(test.field, test.told)
		changes := settings.Diff(asked(test.field, test.want), now)
		if equal := len(changes) == 0; equal != test.equal {
			t.Errorf("%s asked %q, told %q: %v", test.field, test.want, test.told, changes)
		}
		field, _ := settings.Lookup(test.field)
		if field.Same(test.want, test.told) != test.equal || field.Same(test.told, test.want) != test.equal {
			t.Errorf("%s: Same(%q, %q) does not say %v both ways", test.field, test.want, test.told, test.equal)
		}
	}
}

// A caller's name that the API shows as one, and what is sent for it.
func TestNamesShownAsOne(t *testing.T) {
	first := func(old, value string) settings.Change {
		return settings.Change{Field: "CnamFirstName", Old: old, New: value}
	}
	last := func(old, value string) settings.Change {
		return settings.Change{Field: "CnamLastName", Old: old, New: value}
	}
	both := func(first, last string) settings.Settings {
		return asked("CnamFirstName", first, "CnamLastName", last)
	}
	for _, test := range []struct {
		shown string
		want  settings.Settings
		send  []settings.Change
	}{
		{"Bob Smith", both("Bob", "Smith"), nil},
		{" Bob Smith ", both("Bob", "Smith"), nil},
		{"Mary Ann Lee", both("Mary Ann", "Lee"), nil},
		{"Mary Ann Lee", both("Mary", "Ann Lee"), nil},
		{"Bob", both("Bob", ""), nil},
		{"Bob", both("", "Bob"), nil},
		{"", both("", ""), nil},
		{"", both("Bob", ""), []settings.Change{first("", "Bob")}},
		{"", both("Bob", "Smith"), []settings.Change{first("", "Bob"), last("", "Smith")}},
		// The first name may be all of it: only both together make the name that is asked for.
		{"Bob Smith", both("Bob", "Jones"), []settings.Change{first("Bob", "Bob"), last("Smith", "Jones")}},
		{"Bob", both("Bob", "Jones"), []settings.Change{first("Bob", "Bob"), last("", "Jones")}},
		{"Mary Ann Lee", both("Mary", "Lee"), []settings.Change{first("Mary", "Mary"), last("Ann Lee", "Lee")}},
		{"Bob Smith", both("", ""), []settings.Change{first("Bob", ""), last("Smith", "")}},
		{"BobSmith", both("Bob", "Smith"), []settings.Change{first("BobSmith", "Bob"), last("", "Smith")}},

		{"Mary Ann Lee", asked("CnamFirstName", "Mary"), nil},
		{"Mary Ann Lee", asked("CnamFirstName", "Mary Ann"), nil},
		{"Mary Ann Lee", asked("CnamFirstName", "Mary Ann Lee"), nil},
		{"Mary Ann Lee", asked("CnamLastName", "Lee"), nil},
		{"Mary Ann Lee", asked("CnamLastName", "Ann Lee"), nil},
		{"Mary Ann Lee", asked("CnamFirstName", "Ann"), []settings.Change{first("Mary", "Ann")}},
		{"Mary Ann Lee", asked("CnamFirstName", "Mar"), []settings.Change{first("Mary", "Mar")}},
		{"Mary Ann Lee", asked("CnamLastName", "ee"), []settings.Change{last("Ann Lee", "ee")}},
		{"Mary Ann Lee", asked("CnamLastName", "Mary"), []settings.Change{last("Ann Lee", "Mary")}},
		{"", asked("CnamLastName", "Lee"), []settings.Change{last("", "Lee")}},

		{"Lee", asked("CnamFirstName", ""), nil},
		{"Lee", asked("CnamLastName", ""), nil},
		{"", asked("CnamLastName", ""), nil},
		{"Ann Lee", asked("CnamLastName", ""), []settings.Change{last("Lee", "")}},
		{"Ann Lee", asked("CnamFirstName", ""), []settings.Change{first("Ann", "")}},
	} {
		now := settings.StateOf(client.Number{Cnam: &test.shown})
		if diff := cmp.Diff(test.send, settings.Diff(test.want, now)); diff != "" {
			t.Errorf("shown %q, asked %v:\n%s", test.shown, test.want, diff)
		}
	}
}

// An earlier answer tells both parts, and so where the name is split.
func TestNamesWhoseSplitIsKnown(t *testing.T) {
	for _, test := range []struct {
		shown string
		known settings.Settings
		want  settings.Settings
		send  string // the fields
	}{
		{"Mary Ann Lee", asked("CnamFirstName", "Mary Ann", "CnamLastName", "Lee"), asked("CnamFirstName", "Mary"), "CnamFirstName=Mary"},
		{"Mary Ann Lee", asked("CnamFirstName", "Mary Ann"), asked("CnamFirstName", "Mary"), "CnamFirstName=Mary"},
		{"Mary Ann Lee", asked("CnamLastName", "Lee"), asked("CnamFirstName", "Mary"), "CnamFirstName=Mary"},
		{"Mary Ann Lee", asked("CnamFirstName", "Mary Ann", "CnamLastName", "Lee"), asked("CnamFirstName", "Mary Ann"), ""},
		{"van Gogh", asked("CnamFirstName", "", "CnamLastName", "van Gogh"), asked("CnamFirstName", ""), ""},
		{"van Gogh", asked("CnamLastName", "van Gogh"), asked("CnamFirstName", ""), ""},
		{"Bob", asked("CnamFirstName", "Bob", "CnamLastName", ""), asked("CnamFirstName", ""), "CnamFirstName=<clear>"},
		// Only the part that differs, where it is known to be one.
		{"Bob Smith", asked("CnamFirstName", "Bob", "CnamLastName", "Smith"),
			asked("CnamFirstName", "Bob", "CnamLastName", "Jones"), "CnamLastName=Jones"},
		// Both together are compared as one, whatever is known.
		{"Mary Ann Lee", asked("CnamFirstName", "Mary Ann", "CnamLastName", "Lee"),
			asked("CnamFirstName", "Mary", "CnamLastName", "Ann Lee"), ""},
		// The name has changed since the answer, or an empty part is all that it told.
		{"Mary Lee", asked("CnamFirstName", "Mary Ann", "CnamLastName", "Lee"), asked("CnamFirstName", "Mary"), ""},
		{"van Gogh", asked("CnamFirstName", ""), asked("CnamFirstName", ""), "CnamFirstName=<clear>"},
		{"van Gogh", asked("CnamLastName", ""), asked("CnamFirstName", "van"), ""},
		{"", asked("CnamLastName", "Lee"), asked("CnamLastName", "Lee"), "CnamLastName=Lee"},
	} {
		now := settings.StateOf(client.Number{Cnam: &test.shown})
		for _, name := range test.known.Names() {
			value, _ := test.known.Get(name)
			now.Know(name, value)
		}
		got := settings.FromChanges(settings.Diff(test.want, now)).String()
		if got != test.send {
			t.Errorf("shown %q, known %v, asked %v: sent %q, want %q", test.shown, test.known, test.want, got, test.send)
		}
	}
}

// What is not known differs from everything, also from no value.
func TestUnknownFieldsDifferFromEverything(t *testing.T) {
	want := asked("VoiceEnabled", "false", "MessageRouteId", "", "Iccid", "89012403971905574144", "CnamLastName", "", "ProductType", "Data-Only")
	changes := []settings.Change{
		{Field: "VoiceEnabled", New: "false", WriteOnly: true},
		{Field: "MessageRouteId", New: "", WriteOnly: true},
		{Field: "Iccid", New: "89012403971905574144", WriteOnly: true},
		{Field: "CnamLastName", New: "", WriteOnly: true},
		{Field: "ProductType", New: "Data-Only", WriteOnly: true},
	}
	if diff := cmp.Diff(changes, settings.Diff(want, settings.State{})); diff != "" {
		t.Error(diff)
	}
	var now settings.State
	now.Know("ProductType", "data-only")
	if diff := cmp.Diff(changes[:4], settings.Diff(want, now)); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyKeepsTheNamedFields(t *testing.T) {
	s := asked("MessageRouteId", "MRID-a", "VoiceRouteId", "", "ProductType", "Data-Only")
	if got := s.Only([]string{"voicerouteid", "Iccid", "Nonsense", "MessageRouteId"}); got != asked("MessageRouteId", "MRID-a", "VoiceRouteId", "") {
		t.Errorf("got %v", got)
	}
	if got := s.Only(nil); !got.IsZero() {
		t.Errorf("without names: %v", got)
	}
}
