package settings_test

import (
	"testing"

	"github.com/bulknum/bulknum/batch/settings"
)

// BenchmarkParse is the check of a cell: of those that nearly all cells of a file are like, and of others.
func BenchmarkParse(b *testing.B) {
	for _, test := range []struct{ field, value string }{
		{"MessageEnabled", "true"},
		{"MessageEnabled", "yes"},
		{"Classification", "MVNO"},
		{"Classification", "mvno"},
		{"MessageRouteId", "MRID-73af2b1c-9a4e-4c6f-8b2a-0123456789ab"},
		{"MessageRouteId", "T9992774"},
		{"Iccid", "8901240397190557414F"},
		{"Iccid", "8901240397190557415F"},
		{firstName, "Bob"},
		{lastName, "Łukasz"},
	} {
		field, ok := settings.Lookup(test.field)
		if !ok {
			b.Fatal(test.field)
		}
		b.Run(test.field+"="+test.value, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if value, flaw := field.Parse(test.value); value == "" {
					b.Fatal(flaw)
				}
			}
		})
	}
}

func BenchmarkParseNumber(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if number, flaw := settings.ParseNumber("+18018018011"); number == "" {
			b.Fatal(flaw)
		}
	}
}

// BenchmarkFlaws is what is found in the settings of a row together: nothing.
func BenchmarkFlaws(b *testing.B) {
	row := asked("MessageEnabled", "true", "VoiceEnabled", "true", "Classification", "MVNO", "MessageRouteId", "MRID-a",
		firstName, "Bob", lastName, "Smith")
	b.ReportAllocs()
	for b.Loop() {
		if flaws := row.Flaws(); flaws != nil {
			b.Fatal(flaws)
		}
	}
}
