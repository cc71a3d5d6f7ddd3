package batch_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client/sandbox"
)

// However a run is named, it is the same one.
func TestARunIsFoundHoweverItIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.take(0, step{job: "first", route: "MRID-old"})
		b.take(0, step{job: "cutover", route: "MRID-new", with: withWaves})
		folder := filepath.Join(b.config.RunsDir, "cutover-a")
		link := filepath.Join(t.TempDir(), "runs")
		if err := os.Symlink(b.config.RunsDir, link); err != nil {
			t.Fatal(err)
		}
		t.Chdir(folder)
		for _, name := range []string{
			"cutover-a", runs.Latest, folder, folder + "/", folder + "//", folder + "/.", folder + "/../cutover-a/",
			link + "/cutover-a", link + "/cutover-a/", ".", "./", "../cutover-a", "../cutover-a/",
		} {
			run, err := b.runs().Find(t.Context(), name)
			if err != nil || run.Identity.Name != "cutover-a" || run.Folder() != folder {
				t.Errorf("%s: %+v, %v", name, run, err)
			}
			if name == runs.Latest {
				continue
			}
			if got, err := b.runs().FindCutover(t.Context(), name); err != nil || got != "cutover-a" {
				t.Errorf("%s: the cutover is %q, %v", name, got, err)
			}
		}
		for _, name := range []string{"nobody's", "..", "/", ""} {
			if run, err := b.runs().Find(t.Context(), name); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q: %v, %v", name, run, err)
			}
		}
		if _, err := b.runs().FindCutover(t.Context(), "first-a"); err == nil {
			t.Error("a run without waves can be unprotected")
		}
	})
}

// A rollback of a run that is named by its folder, with a slash at its end, is
// known as one of it: the run is not gone on with by mistake.
func TestARollbackByTheFoldersNameIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		run := b.half()
		named, err := b.runs().Find(t.Context(), run.Folder()+"/")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.rollback(named, batch.RollbackOptions{}); err != nil {
			t.Fatal(err)
		}
		updates := b.fake.Stats().Updates
		if _, _, err := b.resume(run, batch.ResumeOptions{}); err == nil || b.fake.Stats().Updates != updates {
			t.Errorf("error %v, %d updates", err, b.fake.Stats().Updates-updates)
		}
		infos, err := b.runs().Runs(t.Context(), "")
		if err != nil || len(infos) != 2 || infos[1].RolledBack == nil || infos[0].RollbackOf != run.Identity.Name {
			t.Errorf("%+v, %v", infos, err)
		}
	})
}
