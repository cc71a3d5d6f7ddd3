package settings_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/settings"
)

func TestChangesForPeople(t *testing.T) {
	for _, test := range []struct {
		change settings.Change
		text   string
		shape  settings.Shape
	}{
		{settings.Change{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"},
			"MessageRouteId MRID-a -> MRID-b", "MessageRouteId MRID-a -> MRID-b"},
		{settings.Change{Field: "VoiceRouteId", Old: "CRID-a"},
			"VoiceRouteId CRID-a -> (empty)", "VoiceRouteId CRID-a -> (empty)"},
		{settings.Change{Field: "VoiceRouteId", Old: "(empty)", New: "a -> b"},
			`VoiceRouteId "(empty)" -> "a -> b"`, `VoiceRouteId "(empty)" -> "a -> b"`},
		{settings.Change{Field: "ProductType", New: "Data-Only", WriteOnly: true},
			"ProductType (not shown by the API) -> Data-Only", "ProductType (not shown by the API) -> Data-Only"},
		{settings.Change{Field: "Iccid", New: "89012403971905574144"},
			"Iccid (empty) -> 89012403971905574144", "Iccid set"},
		{settings.Change{Field: "AssignedSubscriberId", Old: "TSUID-1", New: "TSUID-2"},
			"AssignedSubscriberId TSUID-1 -> TSUID-2", "AssignedSubscriberId changed"},
		{settings.Change{Field: "AssignedSubscriberId", New: "TSUID-2", WriteOnly: true},
			"AssignedSubscriberId (not shown by the API) -> TSUID-2", "AssignedSubscriberId (not shown by the API) -> set"},
		{settings.Change{Field: "CnamLastName", Old: "Shake Shack"},
			`CnamLastName "Shake Shack" -> (empty)`, "CnamLastName cleared"},
		{settings.Change{Field: "CnamLastName", WriteOnly: true},
			"CnamLastName (not shown by the API) -> (empty)", "CnamLastName cleared"},
		{settings.Change{Field: "CnamFirstName", Old: "Bob", New: "Bob"},
			"CnamFirstName Bob (as it is, sent with the rest of the name)", "CnamFirstName kept"},
	} {
		if got := test.change.String(); got != test.text {
			t.Errorf("got %s, want %s", got, test.text)
		}
		if got := settings.ShapeOf([]settings.Change{test.change}); got != test.shape {
			t.Errorf("got shape %s, want %s", got, test.shape)
		}
	}
}

// Rows that do the same to different numbers have one shape.
func TestShapesHaveNothingOfOneNumber(t *testing.T) {
	changes := func(iccid, name string) []settings.Change {
		return []settings.Change{
			{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"},
			{Field: "Iccid", Old: "1", New: iccid}, {Field: "CnamLastName", New: name},
		}
	}
	a, b := settings.ShapeOf(changes("2", "Lee")), settings.ShapeOf(changes("3", "Smith"))
	if want := settings.Shape("MessageRouteId MRID-a -> MRID-b, Iccid changed, CnamLastName set"); a != want || b != want {
		t.Errorf("shapes %q and %q, want %q", a, b, want)
	}
	if got := settings.ShapeOf(nil); got != "" {
		t.Errorf("no changes have the shape %q", got)
	}
}

func TestChangesAsJSON(t *testing.T) {
	changes := []settings.Change{
		{Field: "VoiceRouteId", Old: "CRID-a"},
		{Field: "ProductType", New: "Data-Only", WriteOnly: true},
	}
	data, err := json.Marshal(changes)
	want := `[{"field":"VoiceRouteId","old":"CRID-a","new":""},{"field":"ProductType","old":"","new":"Data-Only","writeOnly":true}]`
	if err != nil || string(data) != want {
		t.Errorf("%s, %v; want %s", data, err, want)
	}
	var read []settings.Change
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(changes, read); diff != "" {
		t.Error(diff)
	}
}

func ExampleDiff() {
	var want settings.Settings
	want.Set("MessageRouteId", "MRID-b")
	want.Set("VoiceEnabled", "true")
	want.Set("ProductType", "Data-Only")

	var now settings.State // as a reading tells it
	now.Know("MessageRouteId", "MRID-a")
	now.Know("VoiceEnabled", "Yes")

	for _, change := range settings.Diff(want, now) {
		fmt.Println("~", change)
	}
	// Output:
	// ~ MessageRouteId MRID-a -> MRID-b
	// ~ ProductType (not shown by the API) -> Data-Only
}
