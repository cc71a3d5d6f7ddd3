package model

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// faults are what is wrong and known, each a switch that leaves its law out of the
// judgement. Who mends one takes it out of this list: its history, which stands under
// this name in testdata/histories, then has to keep the law.
func faults() map[string]Law {
	return map[string]Law{
		"rollback-alike": OthersAlike,
	}
}

// known are the laws that the known faults break. MODEL_JUDGE names faults that are
// judged all the same, or is "all".
func known() map[Law]bool {
	judged := strings.Split(os.Getenv("MODEL_JUDGE"), ",")
	tolerated := map[Law]bool{}
	for name, law := range faults() {
		tolerated[law] = !slices.Contains(judged, name) && !slices.Contains(judged, "all")
	}
	return tolerated
}

// Recorded is a history that once broke a law.
type Recorded struct {
	// Seed is one from which rapid drew a history with this fault.
	Seed    uint64  `json:"seed"`
	Law     Law     `json:"law"`
	What    string  `json:"what"`
	History History `json:"history"`
}

// A fault that is known is still there, and one that was mended stays away.
func TestRecordedHistories(t *testing.T) {
	c, base := newCopier(t), t.TempDir()
	files, err := filepath.Glob("testdata/histories/*.json")
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		recorded[name] = true
		t.Run(name, func(t *testing.T) { judgeRecorded(t, c, base, name, file) })
	}
	for name := range faults() {
		if !recorded[name] {
			t.Errorf("fault %s has no history in testdata/histories", name)
		}
	}
}

func judgeRecorded(t *testing.T, c *copier, base, name, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r Recorded
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	others := map[Law]bool{} // which it may break on its way
	for _, law := range faults() {
		others[law] = law != r.Law
	}
	broke := replay(t, c, base, newCount(), others, &r.History)
	breaks := slices.ContainsFunc(broke, func(v violation) bool { return v.Law == r.Law })
	law, wrong := faults()[name]
	switch {
	case wrong && law != r.Law:
		t.Errorf("the fault is about %q, its history about %q", law, r.Law)
	case wrong && !breaks:
		t.Errorf("the law is kept (%s): when the fault is mended, take it out of faults", dump(broke))
	case !wrong && breaks:
		t.Errorf("%s\n%s", dump(broke), written(r.History))
	}
}
