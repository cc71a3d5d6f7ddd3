package batch

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
)

// A moment is told in UTC too, but not twice the same.
func TestClock(t *testing.T) {
	at := time.Date(2026, 11, 24, 2, 30, 0, 0, time.UTC)
	for zone, want := range map[*time.Location]string{
		time.UTC:                       "2026-11-24 02:30:00 UTC",
		time.FixedZone("GMT", 0):       "2026-11-24 02:30:00 GMT",
		time.FixedZone("CET", 3600):    "2026-11-24 03:30:00 CET (02:30:00 UTC)",
		time.FixedZone("EST", -5*3600): "2026-11-23 21:30:00 EST (02:30:00 UTC)",
	} {
		if got := clock(at.In(zone)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A journal of a newer version is refused, with the version that made it.
func TestNewerFormatIsRefused(t *testing.T) {
	dir, err := rundir.Create(t.TempDir(), "run", false)
	if err != nil {
		t.Fatal(err)
	}
	journal, err := dir.CreateJournal()
	if err != nil {
		t.Fatal(err)
	}
	first := record{Kind: kindRun, At: time.Now(), Run: &Identity{Format: formatVersion + 1, Version: "v9.1.0"}}
	if err := errors.Join(journal.Append(first), journal.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir.Path()); err == nil || !strings.Contains(err.Error(), "format 2") || !strings.Contains(err.Error(), "v9.1.0") {
		t.Errorf("got %v", err)
	}
}

// A journal from before a word changed is read as it stands.
func TestEarlierWordsAreRead(t *testing.T) {
	dir, err := rundir.Create(t.TempDir(), "run", false)
	if err != nil {
		t.Fatal(err)
	}
	journal, err := dir.CreateJournal()
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		journal.Append(record{Kind: kindRun, At: time.Now(), Run: &Identity{Format: formatVersion, Name: "run"}}),
		journal.Append(record{Kind: kindControl, At: time.Now(), Control: &Controlled{What: "release", By: "hold file"}}),
		journal.Close(),
	)
	if err != nil {
		t.Fatal(err)
	}
	run, err := Open(dir.Path())
	if err != nil || len(run.Controls) != 1 || run.Controls[0].What != "release" {
		t.Errorf("got %+v, error %v", run, err)
	}
}
