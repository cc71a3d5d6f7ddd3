package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/report/files"
)

// Values that a page must show as they are.
const (
	scripted = `<script>alert(1)</script>`
	attacked = `"><img src=x>`
	// refusedName is one that the fake refuses.
	refusedName = "<b>&amp;"
)

// scene is a run to be shown.
type scene struct {
	rows  int
	fake  sandbox.Config
	plan  bool          // it ends with the plan
	after time.Duration // until it is stopped; 0: it goes to its end
	waves string        // that it is sent in
	odd   bool          // its file is oddInput
	calm  bool          // its file asks for a route, and nothing else
	// then is what happens to the run afterwards, whose folder is the one to show.
	then func(t *testing.T, config batch.Config, server *sandbox.Sandbox, run *runs.Run) *runs.Run
}

// night is a long run with everything that can happen.
func night(rows int) scene {
	return scene{rows: rows, fake: sandbox.Config{
		Seed: 7, Numbers: rows + rows/10,
		Quota: sandbox.Quota{N: 50, Per: time.Minute},
		Faults: sandbox.Faults{Rates: map[sandbox.Fault]float64{
			sandbox.Fault429: .003, sandbox.Fault500: .004, sandbox.Fault503: .001, sandbox.FaultHangUpAfter: .001, sandbox.FaultSlow: .02, sandbox.FaultOrderStatus: .001,
		}, RetryAfter: 90 * time.Second},
		Judge: refuseSome,
	}}
}

// refuseSome refuses some numbers.
func refuseSome(_, after sandbox.Record) sandbox.Verdict {
	if after.CnamLastName == refusedName {
		return sandbox.Verdict{Refuse: "the caller's name is not allowed: " + scripted}
	}
	return sandbox.Verdict{}
}

// folder makes the run, in a bubble where hours take no time, and its reports,
// and returns its folder.
func (sc scene) folder(t *testing.T) string {
	t.Helper()
	folder, runsDir := "", memory(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)))
		server, err := sandbox.New(sc.fake)
		if err != nil {
			t.Fatal(err)
		}
		transport, stop := pipenet.Listen().Serve(unsteady(server))
		defer stop()
		rate, _ := client.ParseRate("48/m")
		api, err := client.New(client.Config{
			BaseURL:     "http://localhost",
			Credentials: client.Credentials{AccountKey: "DID-4711", AccountSecret: client.NewSecret("s3cret")},
			Transport:   transport,
			Rate:        rate,
		})
		if err != nil {
			t.Fatal(err)
		}
		config := batch.Config{
			Access:      batch.Access{Reader: api.Reader, Client: api, Account: "DID-4711", API: "https://api.telegent.com", Rate: rate},
			File:        batch.File{Source: strings.NewReader(sc.file(server)), SourceName: "cutover.csv"},
			Reading:     batch.Reading{Read: plan.ReadAuto},
			Options:     send.Options{Workers: 4, MaxFailures: plan.Limit{Share: .1}, WaitFor: 10 * time.Minute},
			PlanOptions: runs.PlanOptions{WriteOnly: plan.WriteOnlyKnown, SkipInvalid: true, Guards: guard.Limits{MaxInvalid: plan.Limit{Share: .05}, MaxShrink: plan.Limit{Share: .5}, MaxChanges: []guard.FieldLimit{{Limit: plan.Limit{Share: 1}}}}},
			Store:       opened(t, runsDir), RunsDir: runsDir, Job: "cutover",

			Control: control.New(),
			Version: "1.0.0", Host: "ops-1", User: "alex", Behalf: runs.Behalf{Ticket: "CHG-20417", Operator: "Alex Doe", Reason: "move to the new message hub"},
		}
		if sc.waves != "" {
			config.Verify, config.WaveFailures = plan.VerifyAll, plan.Limit{Share: .2}
			if config.Waves, err = plan.ParseWaves(sc.waves); err != nil {
				t.Fatal(err)
			}
		}
		if sc.after > 0 {
			time.AfterFunc(sc.after, func() {
				config.Control.Stop(result.Stop{Reason: result.StoppedBySignal, Detail: "terminated", Signal: 15})
			})
		}
		work := batch.Apply
		if sc.plan {
			work = batch.DryRun
		}
		run, err := work(t.Context(), config)
		if run == nil {
			t.Fatal(err)
		}
		if _, err := files.Finish(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if sc.then != nil {
			config.Control = control.New()
			run = sc.then(t, config, server, run)
		}
		folder = run.Folder()
	})
	return folder
}

// opened is the store of a runs folder, until the end of the test. It knows who
// the accounts are: the page that tells it is not read.
func opened(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for key, api := range map[string]string{"DID-4711": "https://api.telegent.com", "": ""} {
		account, err := s.Account(t.Context(), api, key)
		if err == nil {
			_, err = s.NameAccount(t.Context(), account, "AID-1")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// verified has somebody change some numbers before they are verified.
func verified(t *testing.T, config batch.Config, server *sandbox.Sandbox, run *runs.Run) *runs.Run {
	t.Helper()
	for i := range 5 {
		number, _ := server.InventoryNumber(10 + 20*i)
		if err := server.Set(number, func(r *sandbox.Record) { r.MessageRouteId = "MRID-9c1f1e57-5d0b-4f0e-8a83-7d3f52f5f001" }); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(3 * time.Hour)
	if _, err := batch.Verify(t.Context(), config, run.Identity.Name); err != nil {
		t.Fatal(err)
	}
	if err := files.FinishVerify(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	return run
}

// rolledBack takes a run back, of which somebody has changed some numbers.
func rolledBack(t *testing.T, config batch.Config, server *sandbox.Sandbox, run *runs.Run) *runs.Run {
	t.Helper()
	run = verified(t, config, server, run)
	config.Control = control.New()
	config.Guards, config.Waves = guard.Limits{}, plan.Waves{}
	back, err := batch.PlanRollback(t.Context(), config, run.Identity.Name, batch.RollbackOptions{AllowClear: true})
	if err != nil {
		t.Fatal(err)
	}
	done, err := batch.Apply(t.Context(), back.Config(config))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.Finish(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	return done
}

// memory is a folder that is gone after the test, in memory where that can be:
// what a run syncs, it syncs at once there.
func memory(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "bulknum") //nolint:usetesting // it says where
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// file is what the run is made from.
func (sc scene) file(server *sandbox.Sandbox) string {
	if sc.odd {
		return sc.oddInput(server)
	}
	return sc.input(server)
}

// oddRow is the row of [scene.oddInput] that is not like the others.
const oddRow = 1_901

// oddInput asks for nothing new for two of three numbers, for a product type for the
// third one, and for another thing once.
func (sc scene) oddInput(server *sandbox.Sandbox) string {
	var b strings.Builder
	b.WriteString("Number,VoiceEnabled,ProductType\n")
	for i := range sc.rows {
		number, _ := server.InventoryNumber(i)
		now, _ := server.Number(number)
		voice, product := now.VoiceEnabled, ""
		switch {
		case i == oddRow-1:
			voice = !voice
		case i%3 == 0:
			product = "Data-Only"
		}
		fmt.Fprintf(&b, "%s,%t,%s\n", number, voice, product)
	}
	return b.String()
}

// input asks for a new message route for most of the inventory's numbers, and
// for less common things for some.
func (sc scene) input(server *sandbox.Sandbox) string {
	var b strings.Builder
	b.WriteString("Number,MessageRouteId,VoiceEnabled,ProductType,CnamLastName\n")
	for i := range sc.rows {
		number, _ := server.InventoryNumber(i)
		route, voice, product, last := "MRID-1496300b-858f-42a6-a2e5-891d6f8257e1", "", "", ""
		switch {
		case sc.calm:
		case i%997 == 5:
			number = strings.TrimPrefix(number, "+")
		case i%400 == 7:
			voice = "no"
		case i%100 == 33: // what it was is not known, so it cannot be rolled back
			product = "Data-Only"
		case i%200 == 9:
			last = refusedName
		case i%200 == 109:
			last = attacked
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,\"%s\"\n", number, route, voice, product, strings.ReplaceAll(last, `"`, `""`))
	}
	return b.String()
}

// unsteady answers sometimes fast and sometimes slowly.
func unsteady(h http.Handler) http.Handler {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		ms := 60 + 40*random.ExpFloat64()
		mu.Unlock()
		time.Sleep(time.Duration(ms * float64(time.Millisecond)))
		h.ServeHTTP(w, r)
	})
}
