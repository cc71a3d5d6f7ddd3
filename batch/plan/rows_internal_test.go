package plan

import (
	"encoding/json"
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

// A glance at a row of the plan tells what the whole reading tells.
func TestHeadOf(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := Row{
			Row: rapid.Int().Draw(r, "row"), Line: rapid.Int().Draw(r, "line"), SameAs: rapid.IntRange(0, 3).Draw(r, "sameAs"),
			Number: anyText().Draw(r, "number"), Status: anyStatus().Draw(r, "status"), Error: anyText().Draw(r, "error"),
		}
		if rapid.Bool().Draw(r, "changed") {
			p.Changes = []settings.Change{{Field: "Iccid", Old: anyText().Draw(r, "old"), New: anyText().Draw(r, "new")}}
		}
		if rapid.Bool().Draw(r, "read") {
			p.ReadAt = time.Unix(0, rapid.Int64Range(0, 1<<60).Draw(r, "at")).UTC()
		}
		var want Row
		body := line(r, p)
		if err := json.Unmarshal(body, &want); err != nil {
			r.Fatal(err)
		}
		got, err := headOf(body)
		if err != nil {
			r.Fatal(err)
		}
		got.Row, got.Error, got.Changes = want.Row, want.Error, want.Changes
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(settings.Settings{})); diff != "" {
			r.Fatalf("%s\n%s", body, diff)
		}
	})
}
