package settings_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/settings"
)

// common are values of the text fields that need no second look.
var common = map[string][]string{
	"MessageRouteId": {"MRID-1", "MRID-73af2b1c-9a4e-4c6f-8b2a-0123456789ab", "MRID-00000000-73af2b1c-9a4e-4c6f-8b2a-0123456789ab"},
	"VoiceRouteId":   {"CRID-73AF2B1C-9A4E-4C6F-8B2A-0123456789AB", "CRID-Sofia"},
	subscriber:       {"TSUID-17", "SID-17"},
	"Iccid":          {"8901240397190557414F", "8901240397190557414", "890124039719055736"},
	firstName:        {"Bob", "O'Hara & Co.", "AID-Org"},
	lastName:         {"Smith", "van der Lee"},
}

// nearly are values that look like common ones.
var nearly = map[string][]string{
	"MessageRouteId": {"MRID-a b", "MRID-3f2b8c1d-9a4e", "MRID-3f2b8c1d-", "CRID-1", "MRID", "MRID-" + strings.Repeat("a", 251)},
	"Iccid":          {"8901240397190500000", "8901240397190557415F", "89012403971905573", "890124039719055736FF"},
	firstName:        {"Bob ", "None", "K.A.", "AID-73af2b1c-9a4e-4c6f", "Bo\tb"},
}

// uncommon are parts of values that mean something, or are wrong.
var uncommon = []string{
	"", " ", "\u00a0", "\t", "\n", "\x00", "\x7f", "\ufffd", "\xff", "-", "F", "f", "0", "00000", "K", "Łu", "'", `"`, "n/a", "NULL", "none",
	"name:", "CRID-", "mrid-", "AID-", "3f2b8c1d-", "0123456789abcdef",
}

// A value that is told by its bytes is judged as it is when all is looked at.
func TestPlainValuesAreJudgedAsOthersAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(settings.Fields()).Draw(t, "field")
		bases := append(slices.Concat(common[f.Name], nearly[f.Name], choices(f), uncommon), rapid.String().Draw(t, "anything"))
		value := rapid.SampledFrom(bases).Draw(t, "value")
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			from := rapid.IntRange(0, len(value)).Draw(t, "from")
			to := rapid.IntRange(from, len(value)).Draw(t, "to")
			value = value[:from] + rapid.SampledFrom(uncommon).Draw(t, "put in") + value[to:]
		}
		alike(t, f, value)
	})
}

func FuzzParse(f *testing.F) {
	for i, field := range settings.Fields() {
		for _, value := range slices.Concat(common[field.Name], nearly[field.Name], uncommon) {
			f.Add(uint8(i), value)
		}
	}
	f.Fuzz(func(t *testing.T, field uint8, value string) {
		fields := settings.Fields()
		alike(t, fields[int(field)%len(fields)], value)
	})
}

// alike compares the two ways of judging a value.
func alike(t interface{ Errorf(string, ...any) }, f settings.Field, value string) {
	type verdict struct {
		Value string
		Flaw  *settings.Flaw
	}
	var short, long verdict
	short.Value, short.Flaw = f.Parse(value)
	long.Value, long.Flaw = settings.Explained(&f, value)
	if diff := cmp.Diff(long, short); diff != "" {
		t.Errorf("%s %q (-when all is looked at, +now):\n%s", f.Name, value, diff)
	}
}

func TestCommonValuesAreToldByTheirBytes(t *testing.T) {
	for name, values := range common {
		f, _ := settings.Lookup(name)
		for _, value := range values {
			if !settings.Plain(&f, value) {
				t.Errorf("%s %q is not told by its bytes", name, value)
			}
		}
	}
}

// A UUID is found as by the form that RFC 9562 gives it.
func FuzzUUIDBehind(f *testing.F) {
	form := regexp.MustCompile(`^[A-Za-z]+-[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	const id = "MRID-73af2b1c-9a4e-4c6F-8b2a-0123456789Ab"
	if !settings.UUIDBehind(id) {
		f.Errorf("%q is not found", id)
	}
	for i := range id {
		for _, put := range []string{"", "-", "g", "0", "a", "é"} {
			f.Add(id[:i] + put + id[i+1:])
		}
		f.Add(id[i:])
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := settings.UUIDBehind(value); got != form.MatchString(value) {
			t.Errorf("%q: %v", value, got)
		}
	})
}
