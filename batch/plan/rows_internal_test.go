package plan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// anyText is a text that tries to be taken for something else.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		`"line":7`, `","status":"updated"`, `\`, `\"line\":1`, `{"number":"x"}`, "", "MRID-1", `"readAt":"`, "é, }",
	}))
}

// anyStatus is a status.
func anyStatus() *rapid.Generator[result.Status] { return rapid.SampledFrom(result.Statuses()) }

// line is a value as a file has it.
func line(r *rapid.T, v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		r.Fatal(err)
	}
	return append(body, '\n')
}

// A row of the plan is read as JSON tells it, also in the short way; and that is taken by those that are as nearly all are.
func TestRowOf(t *testing.T) {
	var read reader // of one row after the other
	rapid.Check(t, func(r *rapid.T) {
		p := Row{
			Row: rapid.Int().Draw(r, "row"), Line: rapid.Int().Draw(r, "line"), SameAs: rapid.IntRange(0, 3).Draw(r, "sameAs"),
			Number: anyText().Draw(r, "number"), Status: anyStatus().Draw(r, "status"), Error: anyText().Draw(r, "error"),
		}
		if rapid.Bool().Draw(r, "changed") {
			change := settings.Change{Field: "Iccid", Old: anyText().Draw(r, "old"), New: anyText().Draw(r, "new"), WriteOnly: rapid.Bool().Draw(r, "writeOnly")}
			p.Changes = []settings.Change{change, {Field: "VoiceEnabled", New: "true"}}[:rapid.IntRange(1, 2).Draw(r, "changes")]
		}
		if rapid.Bool().Draw(r, "read") {
			p.ReadAt = time.Unix(0, rapid.Int64Range(0, 1<<60).Draw(r, "at")).UTC()
		}
		var want Row
		body := line(r, p)
		if err := json.Unmarshal(body, &want); err != nil {
			r.Fatal(err)
		}
		got, err := read.row(bytes.TrimSpace(body))
		if err != nil {
			r.Fatal(err)
		}
		var written bytes.Buffer
		encoder := json.NewEncoder(&written)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(p); err != nil {
			r.Fatal(err)
		}
		if short, plain := appendRow(nil, p); plain && string(short) != strings.TrimSpace(written.String()) {
			r.Fatalf("%s in the short way, %s as JSON", short, &written)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(settings.Settings{})); diff != "" {
			r.Fatalf("%s\n%s", body, diff)
		}
	})
	plain := Row{
		Row: 1, Line: 2, Number: "+12025550101", Status: result.Planned, SameAs: 3, ReadAt: time.Unix(1, 0).UTC(),
		Changes: []settings.Change{{Field: "Iccid", New: "1", WriteOnly: true}, {Field: "VoiceEnabled", Old: "false", New: "true"}},
	}
	body, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	if short, ok := appendRow(nil, plain); !ok || string(short) != string(body) {
		t.Errorf("%s is written %s, %v", body, short, ok)
	}
	if got, ok := read.plain(body); !ok || !cmp.Equal(got, plain, cmpopts.EquateComparable(settings.Settings{})) {
		t.Errorf("%s is %+v, %v", body, got, ok)
	}
}

func BenchmarkRowOf(b *testing.B) {
	body, _ := json.Marshal(Row{
		Row: 1, Line: 2, Number: "+12025550101", Status: result.Planned,
		Changes: []settings.Change{{Field: "MessageRouteId", Old: "MRID-1", New: "MRID-2"}, {Field: "VoiceEnabled", Old: "false", New: "true"}},
	})
	b.ReportAllocs()
	var read reader
	for b.Loop() {
		if _, err := read.row(body); err != nil {
			b.Fatal(err)
		}
	}
}
