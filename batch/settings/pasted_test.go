package settings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/settings"
)

// Words for nothing are no ids; as names the unmistakable ones are none either, and the
// others are asked about.
func TestWordsForNothing(t *testing.T) {
	for _, word := range []string{
		`\N`, "(null)", "<null>", "[NULL]", "''", "TBD", "n.v.", "n/a", "undefined", "-", "?", "NULL", "None", "nil", "NaN", "na",
	} {
		for _, name := range []string{"MessageRouteId", "AssignedSubscriberId"} {
			if _, flaw := field(t, name).Parse(word); flaw == nil || flaw.Warning {
				t.Errorf("%s %q: %v, want an error", name, word, flaw)
			}
		}
		doubt := slices.Contains([]string{"null", "none", "nil", "nan", "na"}, strings.ToLower(word))
		value, flaw := field(t, "CnamLastName").Parse(word)
		if flaw == nil || flaw.Warning != doubt || doubt != (value == word) {
			t.Errorf("CnamLastName %q: %q, %v, want a warning: %t", word, value, flaw, doubt)
		}
	}
	if value, flaw := field(t, "CnamLastName").Parse("Nullmeyer"); flaw != nil || value != "Nullmeyer" {
		t.Errorf("a name: %q, %v", value, flaw)
	}
}

// What documents make of an id is told with its place, also in the prefix.
func TestPastedIdentifiers(t *testing.T) {
	for value, want := range map[string]string{
		"MRID\u2013a1":        "character 5 is U+2013",
		"MRID\u2011a1":        "character 5 is U+2011",
		"CRID\u2013a1":        "character 5 is U+2013", // a prefix of something else
		"\u201cMRID-a1\u201d": "character 1 is U+201C",
		"MRID-\u0430b":        "character 6 is U+0430",
		"\uff2dRID-a":         "character 1 is U+FF2D",
		"MRID-a\u200bb":       "U+200B in place 7",
	} {
		if _, flaw := field(t, "MessageRouteId").Parse(value); flaw == nil || flaw.Warning || !strings.Contains(flaw.Message, want) {
			t.Errorf("%q: %v, want an error with %q", value, flaw, want)
		}
	}
}

// No identifier begins as a formula does; one of an unknown kind may begin with any letter or digit.
func TestAFormulaIsNoIdentifier(t *testing.T) {
	for _, name := range []string{"MessageRouteId", "VoiceRouteId", "AssignedSubscriberId"} {
		for _, value := range []string{"@SUM(A1)", "=1+1", "+A1", "-A1", "+18015550100", "=MRID-a1"} {
			if _, flaw := field(t, name).Parse(value); flaw == nil || flaw.Warning || !strings.HasPrefix(flaw.Message, "begins with "+value[:1]) {
				t.Errorf("%s %q: %v, want an error", name, value, flaw)
			}
		}
		for _, value := range []string{"T9992774", "9992774", "hub-1", "a+b@c=d"} {
			if got, flaw := field(t, name).Parse(value); flaw != nil || got != value {
				t.Errorf("%s %q: %q, %v", name, value, got, flaw)
			}
		}
	}
}

func field(t *testing.T, name string) *settings.Field {
	t.Helper()
	f, ok := settings.Lookup(name)
	if !ok {
		t.Fatalf("no field %s", name)
	}
	return &f
}
