package metrics_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/internal/testextent"
	"github.com/bulknum/bulknum/report/watch/metrics"
)

// monitoring has the samples for Prometheus and Grafana.
const monitoring = "../../../samples/monitoring/"

// The samples ask for metrics that there are, and for each of them.
func TestSamplesAskForMetrics(t *testing.T) {
	var known []string
	for _, f := range metrics.Families() {
		known = append(known, f.Name)
	}
	name := regexp.MustCompile(`\bbulknum_[a-z_]+`)
	var shown []string
	for _, file := range []string{"alerts.yml", "alerts_test.yml", "dashboard.json"} {
		text, err := os.ReadFile(monitoring + file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(text) {
			t.Errorf("%s is no JSON", file)
		}
		for _, asked := range name.FindAllString(string(text), -1) {
			asked = strings.TrimSuffix(asked, "_bucket")
			if asked != "bulknum_job" && !slices.Contains(known, asked) { // which is the label
				t.Errorf("%s asks for %s, which is no metric", file, asked)
			}
			shown = append(shown, asked)
		}
	}
	for _, metric := range known {
		if !slices.Contains(shown, metric) && metric != "bulknum_last_run_timestamp_seconds" && metric != "bulknum_run_start_timestamp_seconds" {
			t.Errorf("no sample asks for %s", metric)
		}
	}
}

// The alerts do what alerts_test.yml says. CI must have promtool.
func TestAlerts(t *testing.T) {
	testextent.Variant(t)
	if _, err := exec.LookPath("promtool"); err != nil && os.Getenv("CI") == "" {
		t.Skip("promtool is not here: it is in Debian's package prometheus")
	}
	cmd := exec.Command("promtool", "test", "rules", "alerts_test.yml")
	cmd.Dir = monitoring
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
