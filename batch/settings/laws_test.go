package settings_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// The API's names of the fields that the laws treat by themselves.
const (
	subscriber  = "AssignedSubscriberId"
	firstName   = "CnamFirstName"
	lastName    = "CnamLastName"
	productType = "ProductType"
)

// values are what a row can ask for in a text field: few, so that equal ones
// and nearly equal ones meet often.
var values = map[string][]string{
	"MessageRouteId": {"", "MRID-a", "MRID-b", "legacy"},
	"VoiceRouteId":   {"", "CRID-a", "CRID-b", "T9992774"},
	subscriber:       {"", "TSUID-1", "SID-1", "TSUID-2", "legacy"},
	"Iccid": {"", "8901240397190556232", "8901240397190556232F", "89012403971905562320", "89012403971905562320F",
		"890124039719055623", "890124039719055623F"},
	firstName: {"", "Bob", "Mary Ann", "Bob Mary", "Mary", "Bób  Ann", "Ann"},
	lastName:  {"", "Bob", "Lee", "Ann Lee", "van der Lee", "Mary", "Ann"},
}

// anyRow draws what a row asks for, in the spelling of Parse.
func anyRow(t *rapid.T) settings.Settings {
	var s settings.Settings
	for _, f := range settings.Fields() {
		if rapid.IntRange(0, 2).Draw(t, f.Name+" asked") > 0 {
			s.Set(f.Name, rapid.SampledFrom(choices(f)).Draw(t, f.Name))
		}
	}
	return s
}

func choices(f settings.Field) []string {
	switch f.Kind {
	case settings.Bool:
		return []string{"true", "false"}
	case settings.Enum:
		return f.Values
	}
	return values[f.Name]
}

// anyState draws what a record and an earlier answer tell, write-only fields included.
func anyState(t *rapid.T) settings.State {
	text := func(name string, choices ...string) *string {
		f, _ := settings.Lookup(name)
		choices = append(choices, values[name]...)
		choices = append(choices, f.Values...)
		if i := rapid.IntRange(-1, len(choices)).Draw(t, name); i == len(choices) {
			return new(rapid.String().Draw(t, name))
		} else if i >= 0 {
			return &choices[i]
		}
		return nil
	}
	flag := func(name string) *bool {
		return rapid.SampledFrom([]*bool{nil, new(true), new(false)}).Draw(t, name)
	}
	s := settings.StateOf(client.Number{
		MessageEnabled: flag("MessageEnabled"), VoiceEnabled: flag("VoiceEnabled"),
		MessageType: text("MessageType", "A2P", ""), Classification: text("Classification", "IOT", ""),
		MessageRouteId: text("MessageRouteId"), VoiceRouteId: text("VoiceRouteId"),
		AssignedSubscriberId: text(subscriber), Iccid: text("Iccid"),
		Cnam:          text("Cnam", "", "Bob", "Bob Lee", "Mary Ann Lee", "Bob Mary Ann", "Bob Mary", " Ann ", "Bob \u00a0Lee", "Mary\u00a0 Ann Lee", "Bob \u2003 Mary"),
		CnamFirstName: text(firstName), CnamLastName: text(lastName), ProductType: text(productType),
	})
	for _, name := range []string{firstName, lastName, productType} {
		if value := text(name); value != nil {
			s.Know(name, *value)
		}
	}
	return s
}

func TestADiffAppliedGivesWhatIsAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, now := anyRow(t), anyState(t)
		changes := settings.Diff(want, now)
		after := settings.Apply(now, changes)
		if again := settings.Diff(want, after); again != nil {
			t.Errorf("asked %v, now %v: after %v still %v", want, known(now), changes, again)
		}
		shown := known(now) // what is not sent stays
		for _, c := range changes {
			shown[c.Field] = c.New
		}
		if diff := cmp.Diff(shown, known(after)); diff != "" {
			t.Errorf("after %v:\n%s", changes, diff)
		}
	})
}

func TestADiffHasWhatIsAskedForAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, now := anyRow(t), anyState(t)
		changes := settings.Diff(want, now)
		if diff := cmp.Diff(changes, settings.Diff(want, now)); diff != "" {
			t.Errorf("another diff of the same:\n%s", diff)
		}
		var order []string
		for _, c := range changes {
			order = append(order, c.Field)
			value, _ := want.Get(c.Field)
			old, shown := now.Get(c.Field)
			if c != (settings.Change{Field: c.Field, Old: old, New: value, WriteOnly: !shown}) {
				t.Errorf("change %+v: asked %q, now %q, %v", c, value, old, shown)
			}
		}
		if sent := settings.FromChanges(changes); !slices.Equal(order, sent.Names()) {
			t.Errorf("changes in the order %v", order)
		}
		for _, name := range want.Names() {
			if one := settings.Diff(want.Only([]string{name}), now); len(one) > 1 || len(one) == 1 && one[0].Field != name {
				t.Errorf("only %s: %v", name, one)
			}
		}
	})
}

// A row made of what is known asks for nothing.
func TestNoDiffWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := anyState(t)
		var same settings.Settings
		for name, value := range known(now) {
			same.Set(name, value)
		}
		if changes := settings.Diff(same, now); changes != nil {
			t.Errorf("%v", changes)
		}
		if changes := settings.Diff(same, settings.StateFrom(same)); changes != nil {
			t.Errorf("exported: %v", changes)
		}
		for _, name := range same.Names() {
			if changes := settings.Diff(same.Only([]string{name}), now); changes != nil {
				t.Errorf("only %s: %v", name, changes)
			}
		}
	})
}
