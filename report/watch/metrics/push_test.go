package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch/metrics"
)

// pushgateway keeps what is pushed as Prometheus' Pushgateway does: POST replaces the families that it has, in the group that
// its path names, and no others.
type pushgateway struct {
	t      *testing.T
	mu     sync.Mutex
	groups map[string]map[string]*dto.MetricFamily
	who    string // wants this authorization
}

// ServeHTTP is of [http.Handler].
func (g *pushgateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Header.Get("Authorization") != g.who {
		http.Error(w, "who is "+r.Header.Get("Authorization"), http.StatusUnauthorized)
		return
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	told, err := parser.TextToMetricFamilies(r.Body)
	if err != nil || r.Method != http.MethodPost || len(r.Header["Content-Type"]) != 1 {
		g.t.Errorf("%s %v: %v", r.Method, r.Header, err)
	}
	group := strings.Split(strings.TrimPrefix(r.URL.Path, "/prom/metrics/job/bulknum/"), "/")
	if len(group) == 4 && group[0] > group[2] { // labels come in any order
		group = append(group[2:4:4], group[:2]...)
	}
	name := strings.Join(group, "/")
	if g.groups[name] == nil {
		g.groups[name] = map[string]*dto.MetricFamily{}
	}
	maps.Copy(g.groups[name], told)
	w.WriteHeader(http.StatusOK)
}

// samples are those of a family in a group, as reason or status and value.
func (g *pushgateway) samples(group, family string) map[string]float64 {
	got := map[string]float64{}
	for _, m := range g.groups[group][family].GetMetric() {
		var labels []string
		for _, l := range m.GetLabel() {
			labels = append(labels, l.GetValue())
		}
		got[strings.Join(labels, " ")] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
	}
	return got
}

// A gateway has the metrics of the last command for an account and job: nothing of the one before lingers, but when a run
// last succeeded. Those of other jobs and accounts stay.
func TestPushReplacesWhatWasPushedBefore(t *testing.T) {
	gateway := &pushgateway{t: t, groups: map[string]map[string]*dto.MetricFamily{}, who: "Basic dXM6cHc="}
	server := httptest.NewServer(gateway)
	defer server.Close()
	to, err := metrics.ParseGateway(server.URL+"/prom", client.NewSecret("us:pw"))
	if err != nil {
		t.Fatal(err)
	}
	push := func(job, account string, o runs.Outcome, more ...event.Event) {
		t.Helper()
		m := newMeasures("", "v1.2.3")
		m.Listen(event.Began{At: time.Unix(1000, 0), Run: event.Run{Job: job}})
		for _, e := range more {
			m.Listen(e)
		}
		m.End(o)
		if err := m.Push(t.Context(), to, account); err != nil {
			t.Fatal(err)
		}
	}
	const group = "account/acme/bulknum_job/night"
	sent := event.Attempted{Attempt: client.Attempt{Endpoint: client.EndpointUpdate, HTTPStatus: 200, Duration: time.Second}}
	push("night", "acme", runs.Outcome{At: time.Unix(2000, 0)}, sent)
	push("night", "demo", runs.Outcome{At: time.Unix(2500, 0)}, sent)
	push("night", "acme", runs.Outcome{At: time.Unix(3000, 0), ExitCode: 6, Summary: &runs.Summary{Stop: &result.Stop{Reason: result.StoppedByOutage}}}, sent)
	want := map[string]map[string]float64{
		"bulknum_last_success_timestamp_seconds": {"": 2000}, "bulknum_last_run_timestamp_seconds": {"": 3000}, "bulknum_last_run_exit_code": {"": 6},
		"bulknum_last_run_stop": {"outage": 1}, "bulknum_requests_total": {"200 update": 1},
	}
	look := func() {
		t.Helper()
		for family, samples := range want {
			if d := cmp.Diff(samples, gateway.samples(group, family)); d != "" {
				t.Errorf("%s of %v: %s", family, slices.Sorted(maps.Keys(gateway.groups)), d)
			}
		}
	}
	look()
	push("night", "acme", runs.Outcome{At: time.Unix(4000, 0), ExitCode: 8})
	want["bulknum_last_run_timestamp_seconds"], want["bulknum_last_run_exit_code"] = map[string]float64{"": 4000}, map[string]float64{"": 8}
	want["bulknum_last_run_stop"], want["bulknum_requests_total"] = map[string]float64{"": 0}, map[string]float64{"": 0}
	look()
}

// Every family is told, also by a command that has done nothing, and with the type that it has otherwise: a gateway refuses
// another one.
func TestPushHasEveryFamily(t *testing.T) {
	gateway := &pushgateway{t: t, groups: map[string]map[string]*dto.MetricFamily{}}
	server := httptest.NewServer(gateway)
	defer server.Close()
	to, err := metrics.ParseGateway(server.URL+"/prom", client.Secret{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]dto.MetricType{}
	synctest.Test(t, func(t *testing.T) {
		for _, family := range ended(t) {
			want[family.GetName()] = family.GetType()
		}
	})
	m := newMeasures("", "v1.2.3")
	m.End(runs.Outcome{At: time.Unix(1, 0)})
	if err := m.Push(t.Context(), to, "acme"); err != nil {
		t.Fatal(err)
	}
	got := map[string]dto.MetricType{}
	for name, family := range gateway.groups["account/acme"] {
		got[name] = family.GetType()
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("in a run, and pushed of a command that has done nothing: %s", d)
	}
}

// An address of a gateway has no password, and a password or a token is not sent so that others could read it.
func TestParseGateway(t *testing.T) {
	for address, ok := range map[string][2]bool{ // without, and with a secret
		"http://pushgateway:9091":        {true, false},
		"https://prom.example.com/push/": {true, true},
		"http://127.0.0.1:9091":          {true, true},
		"https://me:s3cret@example.com":  {},
		"https://example.com/?a=s3cret":  {},
		"pushgateway:9091":               {},
		"s3cret":                         {},
		"":                               {},
		"http://s3cret:9091:1/":          {},
	} {
		for n, who := range []string{"", "a-s3cret"} {
			to, err := metrics.ParseGateway(address, client.NewSecret(who))
			if (err == nil) != ok[n] {
				t.Errorf("%q, %q: %v", address, who, err)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") || strings.Contains(fmt.Sprintf("%+v", to), "a-s3cret") {
				t.Errorf("%q: %v %+v tells a secret", address, err, to)
			}
		}
	}
}

// What a gateway answers is told by its status alone: it may say again what was sent. It is neither waited for without end, nor
// followed elsewhere.
func TestPushFails(t *testing.T) {
	why := errors.New("somebody insists")
	asked, over := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("Authorization") {
		case "Bearer hangs":
			close(asked)
			<-over
		case "Bearer elsewhere":
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		default:
			http.Error(w, r.Header.Get("Authorization"), http.StatusBadRequest)
		}
	}))
	defer server.Close()
	defer close(over)
	ctx, stop := context.WithCancelCause(t.Context())
	go func() {
		<-asked
		stop(why)
	}()
	for who, want := range map[string]string{"hangs": why.Error(), "elsewhere": "the answer was 307", "s3cret": "the answer was 400"} {
		to, err := metrics.ParseGateway(server.URL, client.NewSecret(who))
		if err != nil {
			t.Fatal(err)
		}
		in := ctx
		if who != "hangs" {
			in = t.Context()
		}
		err = newMeasures("night", "v1").Push(in, to, "acme")
		if err == nil || err.Error() != strings.TrimPrefix(server.URL, "http://")+": "+want {
			t.Errorf("%s: %v", who, err)
		}
	}
}
