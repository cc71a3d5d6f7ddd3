package settings_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// truth is what a number has, of which the API shows a caller's name as one.
type truth map[string]string

// shown is what the API tells.
func (r truth) shown() settings.State {
	return settings.StateOf(client.Number{
		MessageRouteId: new(r["MessageRouteId"]), Iccid: new(r["Iccid"]), AssignedSubscriberId: new(r[subscriber]),
		Cnam: new(r[firstName] + " " + r[lastName]),
	})
}

// take carries changes out.
func (r truth) take(changes []settings.Change) truth {
	after := maps.Clone(r)
	for _, c := range changes {
		after[c.Field] = c.New
	}
	return after
}

// clearsPart reports whether one part of a name is cleared and the other one not
// sent: nobody can say then whether the name that is left is of both.
func clearsPart(changes []settings.Change) bool {
	parts := settings.FromChanges(changes).Only([]string{firstName, lastName})
	first, _ := parts.Get(firstName)
	last, _ := parts.Get(lastName)
	return parts.Len() == 1 && first+last == ""
}

// What was changed is rolled back: the API shows again what it showed before,
// wherever a name really was split.
func TestWhatIsUndoneIsShownAsBefore(t *testing.T) {
	names := []string{"MessageRouteId", "Iccid", subscriber, firstName, lastName}
	rapid.Check(t, func(t *rapid.T) {
		before := truth{}
		var want settings.Settings
		for _, name := range names {
			before[name] = rapid.SampledFrom(values[name]).Draw(t, name)
			if rapid.Bool().Draw(t, name+" asked") {
				want.Set(name, rapid.SampledFrom(values[name]).Draw(t, name+" wanted"))
			}
		}
		was := before.shown()
		changes := settings.Diff(want, was)
		after := before.take(changes)
		undone := settings.Undo(changes, &was)
		if undone.Unknown != nil || undone.Unclearable != nil {
			t.Errorf("skipped: %v %v", undone.Unknown, undone.Unclearable)
		}
		if unmet := settings.Unmet(undone.Expected, after.shown()); unmet != nil && !clearsPart(changes) {
			t.Errorf("%v, changed by %v, is not rolled back: %v", before, changes, unmet)
		}
		back := after.take(settings.Diff(undone.Back, after.shown()))
		got, _ := json.Marshal(back.shown())
		asBefore, _ := json.Marshal(was)
		if !bytes.Equal(got, asBefore) {
			t.Errorf("%v, changed by %v, is rolled back by %v to %s, and was %s", before, changes, undone.Back, got, asBefore)
		}
	})
}

// A field is skipped if its former value is not known, or cannot be written.
func TestWhatCannotBeUndone(t *testing.T) {
	was := settings.StateOf(client.Number{CnamLastName: new("Lee"), CnamFirstName: new("Ann")})
	for name, c := range map[string]struct {
		change                     settings.Change
		before                     *settings.State
		back, unknown, unclearable string
	}{
		"hidden":           {settings.Change{Field: "ProductType", New: "Sms-Only", WriteOnly: true}, &was, "", "ProductType", ""},
		"no enumeration":   {settings.Change{Field: "MessageType", New: "a2p"}, &was, "", "", "MessageType"},
		"no route":         {settings.Change{Field: "MessageRouteId", New: "MRID-a"}, nil, "MessageRouteId=<clear>", "", ""},
		"a part by itself": {settings.Change{Field: lastName, Old: "Lee", New: "Lo"}, &was, "CnamLastName=Lee", "", ""},
		"a part of what":   {settings.Change{Field: lastName, Old: "Lee", New: "Lo"}, nil, "", lastName, ""},
	} {
		u := settings.Undo([]settings.Change{c.change}, c.before)
		first := func(list []string) string {
			if len(list) == 0 {
				return ""
			}
			return list[0]
		}
		if u.Back.String() != c.back || first(u.Unknown) != c.unknown || first(u.Unclearable) != c.unclearable {
			t.Errorf("%s: %+v", name, u)
		}
	}
}
