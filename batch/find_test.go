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
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
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
	testextent.Variant(t)
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

// What is continued is a run that was asked for in the very same way: all that decides
// what is written is compared.
func TestFindUnfinishedComparesWhatIsWritten(t *testing.T) {
	testextent.Variant(t)
	changes := map[string]func(*batch.Config){
		"nothing":             nil,
		"guards":              func(c *batch.Config) { c.Guards.MaxChanges = []guard.FieldLimit{{Limit: plan.Limit{Rows: 200}}} },
		"the order of fields": func(c *batch.Config) { c.Fields = []string{"VoiceRouteId", "MessageRouteId"} },
		"map":                 func(c *batch.Config) { c.Input.Map = map[string]string{"Note": "CnamLastName"} },
		"ignored columns":     func(c *batch.Config) { c.Input.Ignore = []string{"Note"} },
		"allow clear":         func(c *batch.Config) { c.Input.AllowClear = true },
		"delimiter":           func(c *batch.Config) { c.Input.Delimiter = ';' },
		"skip invalid":        func(c *batch.Config) { c.SkipInvalid = true },
		"fields":              func(c *batch.Config) { c.Fields = []string{"MessageRouteId"} },
		"write-only":          func(c *batch.Config) { c.WriteOnly = plan.WriteOnlySend },
		"all":                 func(c *batch.Config) { c.All = true },
		"waves":               func(c *batch.Config) { c.Waves, _ = plan.ParseWaves("5,100%") },
		"the most of a wave":  func(c *batch.Config) { c.MaxWave = 7 },
		"approved":            func(c *batch.Config) { c.Approved = "another" },
		"gate":                func(c *batch.Config) { gate := "true"; c.Saved.Gate = &gate },
		"confirm waves":       func(c *batch.Config) { confirm := true; c.Saved.ConfirmWaves = &confirm },
		"recheck":             func(c *batch.Config) { recheck := time.Second; c.Saved.Recheck = &recheck },
	}
	synctest.Test(t, func(t *testing.T) {
		text := rows(100)
		b := planned(newBench(t, sandbox.Config{}, text))
		b.config.Fields = []string{"MessageRouteId", "VoiceRouteId"}
		run := b.half()
		for name, change := range changes {
			config, want := b.config, run.Identity.Name
			if change != nil {
				change(&config)
			}
			if change != nil && name != "guards" && name != "the order of fields" {
				want = ""
			}
			if got, err := batch.FindUnfinished(t.Context(), config, strings.NewReader(text)); err != nil || got != want {
				t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
			}
		}
	})
}
