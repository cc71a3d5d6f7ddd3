package behaviour

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// FuzzText lets a store keep any text.
func FuzzText(f *testing.F, p Place) {
	f.Helper()
	for _, text := range []string{"", "\x00", "\xff\xfe", "+12025550100", "a\nb", "\u2028", strings.Repeat("9", 40), "0123", "+", "-1"} {
		f.Add(text)
	}
	s := Open(f, p)
	a := Account(f, s, "key")
	line := 2
	f.Fuzz(func(t *testing.T, text string) {
		name := fmt.Sprintf("run-%d", line)
		run := NewRun(t, s, a, name)
		line++
		x := Done(line, result.Failed)
		x.Number, x.Error, x.UpdateOrderId, x.Changes = text, text, text, text
		Must(t, s.Append(run.ID, &store.Intent{Line: line, Number: text, Changes: []settings.Change{{Field: text, Old: text, New: text}}}, x,
			&store.Skipped{Line: line, Number: text, Doc: json.RawMessage(text)}, &store.Verified{Line: line, Number: text, Doc: json.RawMessage(text)},
			&store.PlanBlock{Rows: []store.PlanLine{{Line: line, Number: text, Doc: []byte(text)}}},
			&store.Requests{Requests: []store.Request{{Doc: json.RawMessage(text)}}},
			&store.Readings{Readings: []store.Reading{{Number: text, Error: text}}}))
		want := strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
		writes := List(t, s.Writes(t.Context(), store.WriteFilter{Account: a.ID, Run: run.ID, Numbers: []string{text}}))
		if len(writes) != 1 || writes[0].Number != want || !utf8.ValidString(writes[0].Changes[0].New) {
			t.Errorf("writes %+v", writes)
		}
		rows := List(t, s.PlanRowsOf(t.Context(), store.RunFilter{Account: a.ID}, text))
		if len(rows) == 0 || string(rows[len(rows)-1].Row) != text {
			t.Errorf("plan rows %v", rows)
		}
		results, err := s.Results(t.Context(), run.ID, line, line)
		Must(t, err)
		if len(results) != 1 || results[0].Error != want || results[0].Number != want {
			t.Errorf("results %+v", results)
		}
		skipped, err := s.Skipped(t.Context(), run.ID)
		Must(t, err)
		_, _ = skipped, List(t, s.Verified(t.Context(), run.ID))
		_, _ = List(t, s.Requests(t.Context(), run.ID)), List(t, s.Readings(t.Context(), run.ID, nil))
		Must(t, s.Delete(t.Context(), run.ID))
	})
}
