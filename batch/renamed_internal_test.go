package batch

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bulknum/bulknum/batch/store"
)

// late is a store that does not know a run at first: its host enters it a moment later.
type late struct {
	store.Store
	asked int
}

func (l *late) Run(ctx context.Context, name string) (store.Run, error) {
	if l.asked++; l.asked == 1 {
		return store.Run{}, store.ErrNotFound
	}
	return l.Store.Run(ctx, name)
}

// Of two hosts that begin a run of one file in the same second, the second one gives its run another name, with its input.
func TestTwoHostsInOneSecond(t *testing.T) {
	for name, host := range map[string]string{"another host": "second", "one host": "first"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := Config{
					Access: Access{Account: "DID-1", API: "http://localhost"}, File: File{Source: strings.NewReader("Number\n+18015550101\n"), SourceName: "rows.csv"},
					Store: storeOf(t, t.TempDir()), RunsDir: t.TempDir(), Host: "first",
				}
				first, err := prepare(t.Context(), cfg, true)
				if err != nil {
					t.Fatal(err)
				}
				defer first.lock.Release()
				const text = "Number\n+18015550102\n"
				cfg.Store, cfg.Source, cfg.RunsDir, cfg.Host = &late{Store: cfg.Store}, strings.NewReader(text), t.TempDir(), host
				second, err := prepare(t.Context(), cfg, true)
				if err != nil {
					t.Fatal(err)
				}
				defer second.lock.Release()
				if a, b := first.run.Identity.Name, second.run.Identity.Name; b != a+"-2" {
					t.Errorf("the runs are called %s and %s", a, b)
				}
				if got, err := os.ReadFile(second.run.Dir().File(second.run.Identity.Input.File)); err != nil || string(got) != text {
					t.Errorf("the second one's input is %q, %v", got, err)
				}
				folders, err := os.ReadDir(cfg.RunsDir)
				if err != nil {
					t.Fatal(err)
				}
				if want := map[string]int{"another host": 1, "one host": 2}[name]; len(folders) != want {
					t.Errorf("%d folders, want %d", len(folders), want)
				}
			})
		})
	}
}
