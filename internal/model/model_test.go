// Package model is a small model of what each number may be, against which random
// histories of the program's operations are held. See docs/testing.md.
package model

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/internal/testextent"
)

// No history breaks a law, but for the faults that are known.
func TestHistories(t *testing.T) {
	histories := manyHistories
	if testextent.Plain() {
		histories /= 3
	}
	if !testextent.Given() { // somebody waits for the end
		histories /= 2
	}
	if err := testextent.Checks(histories); err != nil {
		t.Fatal(err)
	}
	c, base, counted := newCopier(t), t.TempDir(), newCount()
	var failed *History
	var law Law
	defer func() {
		if failed != nil {
			t.Logf("shorter: %s\n%s", law, written(shorten(t, c, base, known(), *failed, law)))
		}
	}()
	rapid.Check(t, func(rt *rapid.T) {
		h := history().Draw(rt, "history")
		counted.histories++
		if broke := replay(t, c, base, counted, known(), &h); len(broke) > 0 {
			failed, law = &h, broke[0].Law
			rt.Log(dump(broke))
			rt.Fatalf("broken: %s\n%s", law, written(h)) // the same words each time, or rapid takes it for another failure
		}
	})
	if !t.Failed() {
		counted.want(t)
	}
}

// written is a history as it is recorded.
func written(h History) string {
	text, err := json.Marshal(h)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
