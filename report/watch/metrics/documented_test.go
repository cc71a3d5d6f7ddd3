package metrics_test

import (
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// ended are the metrics of a run that has ended, as they are gathered.
func ended(t *testing.T) []*dto.MetricFamily {
	t.Helper()
	m := measured(t)
	m.End(runs.Outcome{At: time.Now(), Summary: &runs.Summary{Stop: &result.Stop{Reason: result.StoppedByHours}}})
	registry, err := m.Registry()
	if err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// docs/watching.md lists the metrics, all of them, and no others; each has a text that
// explains it, and labels of a few known values.
func TestMetricsAreDocumented(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		families := ended(t)
		var names []string
		labels := map[string]bool{}
		for _, family := range families {
			names = append(names, family.GetName())
			if len(family.GetHelp()) < 10 {
				t.Errorf("%s is not explained", family.GetName())
			}
			for _, metric := range family.GetMetric() {
				for _, label := range metric.GetLabel() {
					labels[label.GetName()] = true
				}
			}
		}
		if d := cmp.Diff(names, watchtest.Documented(t, "**Metrics.**")); d != "" {
			t.Errorf("told and documented: %s", d)
		}
		want := []string{"bulknum_job", "code", "endpoint", "reason", "status", "version"}
		if d := cmp.Diff(want, slices.Sorted(maps.Keys(labels))); d != "" {
			t.Errorf("labels: %s", d)
		}
	})
}
