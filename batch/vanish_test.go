package batch_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// A store that goes away under a run stops it before another update leaves, and
// the run knows how far it came.
func TestAStoreThatVanishesStopsTheRun(t *testing.T) {
	ofSQLite(t)
	for name, vanish := range map[string]func(runsDir string) error{
		"the runs folder is removed": os.RemoveAll,
		"the runs folder is moved":   func(runsDir string) error { return os.Rename(runsDir, runsDir+"-moved") },
		"the file is removed":        func(runsDir string) error { return os.Remove(filepath.Join(runsDir, sqlite.File)) },
		"the file is replaced": func(runsDir string) error {
			path := filepath.Join(runsDir, sqlite.File)
			return errors.Join(os.Rename(path, path+"-old"), os.WriteFile(path, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				runsDir := filepath.Join(t.TempDir(), "runs")
				b := newBenchIn(t, sandbox.Config{}, rows(60), runsDir)
				b.config.Workers = 1
				finished := 0
				on(b, func(event.Finished) {
					if finished++; finished == 10 {
						if err := vanish(runsDir); err != nil {
							t.Error(err)
						}
					}
				})
				run, err := b.applyOnly()
				if err != nil || run.Stop.Reason != result.StoppedByDisk || !run.Lost() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				if n := b.fake.Stats().Endpoints[sandbox.Update].Requests; n > 11 {
					t.Errorf("%d updates left", n)
				}
				summary, err := run.Summary(t.Context())
				if err != nil || summary.Counts[result.Updated] < 10 || summary.Rows != 60 {
					t.Errorf("%+v, %v", summary, err)
				}
			})
		})
	}
}

// Whoever goes on with a run after an older copy of the store was accepted reads
// all numbers again that it is to send, and takes no earlier run's word.
func TestAfterAGapNothingIsTakenForGranted(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, product+number(1)+",Data-Only\n"))
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		b.again(rows(100))
		b.config.Guards.AllowLostColumns = true
		run := b.half()
		b.setRoute(number(99), "MRID-theirs")
		b.config.Store = storetest.Gapped{Store: b.config.Store}
		_, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 99, result.Unknown: 1})
		if told := b.told(); !strings.Contains(told, "is read again first, because it is not known what was done meanwhile") {
			t.Errorf("told %q", told)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.again(product + number(1) + ",Data-Only\n")
		b.config.Guards.MaxShrink = plan.Limit{Share: 1}
		if _, results, err := b.apply(); err != nil || results[0].Status != result.Updated {
			t.Errorf("a write-only field: %+v, %v", results, err)
		}
	})
}
