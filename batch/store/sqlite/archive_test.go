package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/testextent"
)

// A run that was taken out comes back as it was, in its place in the order, and
// what it took is given back to the disk meanwhile.
func TestARunComesBackInItsOrder(t *testing.T) {
	testextent.Variant(t)
	o := fullStore(t)
	s := open(t, o)
	whole := told(t, s)
	runs, err := s.Runs(t.Context(), store.RunFilter{})
	must(t, err)
	archives := map[string][]byte{}
	before := fileSize(t, o)
	for _, run := range runs {
		var b bytes.Buffer
		must(t, s.Export(t.Context(), run.ID, &b))
		archives[run.Name] = b.Bytes()
		must(t, s.Delete(t.Context(), run.ID))
		if _, err := s.Import(t.Context(), strings.NewReader(b.String()[:b.Len()*2/3])); err == nil {
			t.Errorf("two thirds of %s were taken", run.Name)
		}
		flipped := bytes.Clone(b.Bytes())
		flipped[b.Len()/2] ^= 1
		if _, err := s.Import(t.Context(), bytes.NewReader(flipped)); err == nil {
			t.Errorf("%s was taken with a flipped byte", run.Name)
		}
	}
	if got := told(t, s); len(got) != 0 {
		t.Fatalf("left: %v", got)
	}
	// What lacks in the order is known not to be lost.
	report, err := s.Check(t.Context())
	must(t, err)
	if report.Removed != len(runs) {
		t.Errorf("%d runs are noted as removed, want %d", report.Removed, len(runs))
	}
	lacks, err := sqlite.Ask(t.Context(), o, fmt.Sprintf("SELECT 1 FROM removed WHERE name = '%s' AND first_sequence = %d AND last_sequence > first_sequence + 100", runs[0].Name, runs[0].Sequence))
	must(t, err)
	if lacks != 1 {
		t.Errorf("where run %s was in the order is not noted", runs[0].Name)
	}
	must(t, s.Close())
	if after := fileSize(t, o); after > before*3/4 {
		t.Errorf("the file had %d bytes, and has %d", before, after)
	}
	s = open(t, o)
	oldest := runs[len(runs)-1]
	_, err = s.Import(t.Context(), bytes.NewReader(archives[oldest.Name]))
	if taken, ok := errors.AsType[*store.RolledBackError](err); !ok || taken.Rollback != "key-1-run-2" {
		t.Errorf("%s came back without what took it back: %v", oldest.Name, err)
	}
	for _, run := range runs { // the newest first
		back, err := s.Import(t.Context(), bytes.NewReader(archives[run.Name]))
		must(t, err)
		if back.ID != run.ID || back.Sequence != run.Sequence {
			t.Errorf("run %s is %d of %d, was %d of %d", run.Name, back.ID, back.Sequence, run.ID, run.Sequence)
		}
		if _, err := s.Import(t.Context(), bytes.NewReader(archives[run.Name])); !errors.Is(err, store.ErrExists) {
			t.Errorf("a second time: %v", err)
		}
	}
	if diff := cmp.Diff(whole, told(t, s)); diff != "" {
		t.Error(diff)
	}
	report, err = s.Check(t.Context())
	must(t, err)
	if len(report.Faults) > 0 || report.Removed > 0 {
		t.Errorf("the check says %v", report.Faults)
	}
	other := open(t, inFolder(t))
	if _, err := other.Import(t.Context(), bytes.NewReader(archives[runs[0].Name])); !noticed(err) {
		t.Errorf("into another store: %v", err)
	}
}

func fileSize(t *testing.T, o sqlite.Options) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(o.Dir, sqlite.File))
	must(t, err)
	return info.Size()
}
