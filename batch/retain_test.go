package batch_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client/sandbox"
)

// The end of a run removes what is older than it is told to keep, of its job, and
// says so; what something needs stays.
func TestTheEndOfARunRemovesOldOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.config.Job = "other"
		b.nightly("other", rows(2))
		b.config.Job = "nightly"
		for _, name := range []string{"day-1", "day-2", "day-3"} {
			b.nightly(name, rows(2))
		}
		b.config.Keep = 2*aDay + aDay/2
		var noticed []string
		b.config.Listeners = append(b.config.Listeners, func(e event.Event) {
			if n, ok := e.(event.Noticed); ok {
				noticed = append(noticed, n.Detail)
			}
		})
		run := b.nightly("day-4", rows(2))
		all, err := b.config.Store.Runs(context.Background(), store.RunFilter{})
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, run := range all {
			left = append(left, run.Name)
		}
		if diff := cmp.Diff([]string{"day-4", "day-3", "day-2", "other"}, left); diff != "" {
			t.Error(diff)
		}
		if !slices.ContainsFunc(noticed, func(n string) bool {
			return strings.Contains(n, "1 run of this job older than 60h removed: day-1")
		}) {
			t.Errorf("told %q", noticed)
		}
		again, err := b.runs().Open(context.Background(), run.Identity.Name) // as somebody who makes the summary later
		if err != nil {
			t.Fatal(err)
		}
		summary, err := again.Summary(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		want := &runs.Retention{Keep: "60h", Removed: []string{"day-1"}}
		if summary.Retention == nil || summary.Retention.StoreBytes < 100<<10 { // all tables, most of them in the log beside
			t.Fatalf("the summary has %+v", summary.Retention)
		}
		summary.Retention.StoreBytes = 0
		if diff := cmp.Diff(want, summary.Retention); diff != "" {
			t.Error(diff)
		}
	})
}
