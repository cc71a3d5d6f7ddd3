package batch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// updatesSeen keeps the bodies of updates.
type updatesSeen struct {
	mu     sync.Mutex
	bodies []map[string]any
}

// take is for [sandbox.Config.Answer].
func (u *updatesSeen) take(r *http.Request) http.Handler {
	if !strings.HasSuffix(r.URL.Path, "/numbers/update") {
		return nil
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	var said map[string]any
	_ = json.Unmarshal(body, &said)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.bodies = append(u.bodies, said)
	return nil
}

// silent sets a number that has its voice turned off, and a voice route.
func (b *bench) silent(number, route string) {
	b.t.Helper()
	err := b.fake.Set(number, func(r *sandbox.Record) { r.VoiceEnabled, r.VoiceRouteId = false, route })
	if err != nil {
		b.t.Fatal(err)
	}
}

// A capability is turned on together with its route, by a server that asks for it and by one that does not.
func TestACapabilityIsTurnedOnWithItsRoute(t *testing.T) {
	for name, c := range map[string]struct {
		rows    string
		has     string // the number's route
		fields  []string
		all     bool
		sent    any // the route in the update; nil: none
		changes string
		warns   bool
	}{
		"as read": {
			rows: "VoiceEnabled\n%s,true\n", has: "CRID-a", sent: "CRID-a",
			changes: "VoiceEnabled false -> true; VoiceRouteId CRID-a (as it is, sent along with VoiceEnabled=true)",
		},
		"a legacy id":   {rows: "VoiceEnabled\n%s,true\n", has: "T9992774", sent: "T9992774"},
		"as asked":      {rows: "VoiceEnabled,VoiceRouteId\n%s,true,CRID-a\n", has: "CRID-a", sent: "CRID-a"},
		"changed":       {rows: "VoiceEnabled,VoiceRouteId\n%s,true,CRID-b\n", has: "CRID-a", sent: "CRID-b"},
		"within fields": {rows: "VoiceEnabled\n%s,true\n", has: "CRID-a", sent: "CRID-a", fields: []string{"VoiceEnabled", "VoiceRouteId"}},
		"only within fields": {
			rows: "VoiceEnabled,VoiceRouteId\n%s,true,CRID-a\n", has: "CRID-a", fields: []string{"VoiceEnabled"}, warns: true,
		},
		"none is there":           {rows: "VoiceEnabled\n%s,true\n", warns: true},
		"what input would refuse": {rows: "VoiceEnabled\n%s,true\n", has: "MRID-a", warns: true},
		"nothing was read":        {rows: "VoiceEnabled\n%s,true\n", has: "CRID-a", all: true, warns: true},
		"turned off":              {rows: "VoiceEnabled,MessageType\n%s,false,p2p\n", has: "CRID-a"},
	} {
		for _, strict := range []bool{false, true} {
			if testextent.Plain() && !strict && name != "as read" {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				seen := &updatesSeen{}
				b := planned(newBench(t, sandbox.Config{RequireCompanions: strict, Answer: seen.take}, ""))
				b.silent(number(1), c.has)
				if err := b.fake.Set(number(1), func(r *sandbox.Record) { r.MessageType = "a2p" }); err != nil {
					t.Fatal(err)
				}
				b.again("Number," + fmt.Sprintf(c.rows, number(1)))
				b.config.Fields, b.config.All = c.fields, c.all
				run, results, err := b.apply()
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				sent := seen.bodies[0]["VoiceRouteId"]
				if sent != c.sent {
					t.Errorf("%s: VoiceRouteId %v was sent, want %v", name, sent, c.sent)
				}
				cure := "set it in the same row"
				if name == "only within fields" {
					cure = "name VoiceRouteId among the fields that the job sets"
				}
				warning := "no VoiceRouteId goes along, which the API may ask for (" + cure + ")"
				if warned := strings.Contains(fmt.Sprint(run.Plan.Notes), warning); warned != c.warns {
					t.Errorf("%s: the plan says %v", name, run.Plan.Notes)
				}
				if c.changes != "" && results[0].Changes != c.changes {
					t.Errorf("%s: the result says %q", name, results[0].Changes)
				}
				refused := strict && c.warns
				if refused != (results[0].Status == result.Failed) {
					t.Errorf("%s, strict %v: %+v", name, strict, results[0])
				}
				if refused && !strings.Contains(results[0].Error, "the API asks for the VoiceRouteId with VoiceEnabled=true: "+cure) {
					t.Errorf("%s: the refusal says %q", name, results[0].Error)
				}
				if run.Plan.Fields["VoiceRouteId"] > 0 && name != "changed" && !c.all {
					t.Errorf("%s: what goes along counts as changed: %v", name, run.Plan.Fields)
				}
			})
		}
	}
}

// A refusal for the route that went along is told as such.
func TestARefusalOfWhatWentAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"StatusCode":400,"Message":"$.VoiceRouteId: is not of this account"}`)
		}
		b := planned(newBench(t, sandbox.Config{Answer: answers(refuse)}, ""))
		b.silent(number(1), "CRID-a")
		b.again("Number,VoiceEnabled\n" + number(1) + ",true\n")
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		want := "VoiceRouteId CRID-a was only sent along with VoiceEnabled=true, as the number has it: set in the same row the one that it is to have"
		if r := results[0]; r.Status != result.Failed || !strings.Contains(r.Error, want) {
			t.Errorf("%+v", r)
		}
	})
}

// What a colleague moved while the question waited, or while other rows were sent, is not moved back: the reading of a
// companion is never older than ten minutes, whatever --recheck allows.
func TestACompanionIsNeverAnOldReading(t *testing.T) {
	testextent.Variant(t)
	const n = 25
	for name, c := range map[string]struct {
		asking, moved time.Duration // since the plan
		want          map[result.Status]int
	}{
		"while it was asked":      {11 * time.Minute, time.Minute, map[result.Status]int{result.Updated: n - 1, result.Conflict: 1}},
		"while others were sent":  {0, 11 * time.Minute, map[result.Status]int{result.Updated: n - 1, result.Conflict: 1}},
		"and nobody has moved it": {11 * time.Minute, 0, map[result.Status]int{result.Updated: n}},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{}, ""))
			b.client.Rate, _ = client.ParseRate("1/m")
			b.config.Recheck = 24 * time.Hour
			var rows strings.Builder
			for i := range n {
				b.silent(number(i), "CRID-a")
				fmt.Fprintf(&rows, "%s,true\n", number(i))
			}
			b.again("Number,VoiceEnabled\n" + rows.String())
			b.config.Confirm = func(context.Context, batch.Question) error {
				if c.moved > 0 {
					time.AfterFunc(c.moved, func() { b.silent(number(n-1), "CRID-colleague") })
				}
				time.Sleep(c.asking) // of synctest
				return nil
			}
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			wantCounts(t, results, c.want)
			if is, _ := b.fake.Number(number(n - 1)); c.moved > 0 && is.VoiceRouteId != "CRID-colleague" {
				t.Errorf("%s: the route is %s", name, is.VoiceRouteId)
			}
			if r := results[n-1]; c.moved > 0 && !strings.Contains(r.Error, `VoiceRouteId is "CRID-colleague" now, and was "CRID-a"`) {
				t.Errorf("%s: %+v", name, r)
			}
			if singles := b.fake.Stats().Endpoints[sandbox.Number].Requests; c.asking > 0 && singles > n-9 {
				t.Errorf("%s: %d numbers were read by themselves, also those that one listing tells", name, singles)
			}
		})
	}
}

// Of what a row was lost in before it left, be it less than ten minutes, a minute is enough for its companion to be read
// again: not more than once, and not because other rows were sent meanwhile.
func TestACompanionIsReadAgainAfterLostTime(t *testing.T) {
	testextent.Variant(t)
	for name, c := range map[string]struct {
		rate  string
		sent  int // rows before the outage
		down  time.Duration
		moved bool
		again int // rows whose numbers are read by themselves
	}{
		"an outage":                  {"12/m", 1, 5 * time.Minute, true, 4},
		"an outage, nobody moved it": {"12/m", 1, 5 * time.Minute, false, 4},
		"a hiccup":                   {"12/m", 1, 20 * time.Second, false, 0},
		"other rows":                 {"1/m", 4, 0, false, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			const n = 5
			var b *bench
			seen, until := 0, time.Time{}
			b = planned(newBench(t, sandbox.Config{Numbers: n, OnlyInventory: true, Answer: func(r *http.Request) http.Handler {
				if updates := strings.HasSuffix(r.URL.Path, "/numbers/update"); updates {
					seen++
				}
				if seen == c.sent+1 && until.IsZero() {
					until = time.Now().Add(c.down)
					if c.moved {
						b.silent(b.inventory(n-1), "CRID-colleague")
					}
				}
				if time.Now().Before(until) {
					return status(http.StatusServiceUnavailable)
				}
				return nil
			}}, ""))
			b.config.Workers = 1
			b.client.Rate, _ = client.ParseRate(c.rate)
			b.config.Recheck = 24 * time.Hour
			rows := "Number,VoiceEnabled\n"
			for i := range n {
				b.silent(b.inventory(i), "CRID-a")
				rows += b.inventory(i) + ",true\n"
			}
			b.again(rows)
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			want := map[result.Status]int{result.Updated: n}
			if c.moved {
				want = map[result.Status]int{result.Updated: n - 1, result.Conflict: 1}
			}
			wantCounts(t, results, want)
			if is, _ := b.fake.Number(b.inventory(n - 1)); c.moved && is.VoiceRouteId != "CRID-colleague" {
				t.Errorf("%s: the route is %s", name, is.VoiceRouteId)
			}
			if read := b.singles(); read < c.again || read > c.again+1 { // one more finds out that the outage is over
				t.Errorf("%s: %d numbers were read by themselves, want %d", name, read, c.again)
			}
		})
	}
}

// Taking back that a capability was turned on leaves the route that went along as it is, also when somebody moved it.
func TestARollbackLeavesTheCompanion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.silent(number(1), "CRID-a")
		b.again("Number,VoiceEnabled\n" + number(1) + ",true\n")
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.fake.Set(number(1), func(r *sandbox.Record) { r.VoiceRouteId = "CRID-colleague" }); err != nil {
			t.Fatal(err)
		}
		back, err := batch.PlanRollback(t.Context(), b.config, run.Identity.Name, batch.RollbackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		b.again("")
		b.config = back.Config(b.config)
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 1})
		if is, _ := b.fake.Number(number(1)); is.VoiceEnabled || is.VoiceRouteId != "CRID-colleague" {
			t.Errorf("the number is %+v", is)
		}
	})
}

// A plan counts the readings that are made again for companions while other rows are sent, in its requests and its time.
func TestAPlanCountsReadingsForCompanions(t *testing.T) {
	testextent.Variant(t)
	for name, waves := range map[string]string{"at once": "", "in waves": "100,100%"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{Numbers: 700, OnlyInventory: true}, ""))
				rows := "Number,VoiceEnabled,MessageRouteId\n"
				for i := range 700 {
					if i%2 == 0 {
						rows += b.inventory(i) + ",,MRID-new\n"
						continue
					}
					b.silent(b.inventory(i), "CRID-a")
					rows += b.inventory(i) + ",true,\n"
				}
				b.again(rows)
				b.config.Deadline = time.Now().Add(24 * time.Hour)
				if waves != "" {
					b.config.Waves, _ = plan.ParseWaves(waves)
				}
				run, results, err := b.apply()
				if err != nil || counts(results)[result.Updated] != 700 {
					t.Fatalf("%v, %v", counts(results), err)
				}
				made, took := run.Plan, time.Since(run.Plan.MadeAt)
				off := took - made.Ends().Sub(made.MadeAt)
				if off < -10*time.Second || off > 10*time.Second {
					t.Errorf("it took %s, and was to take %s", took, made.Ends().Sub(made.MadeAt))
				}
				needed, sent := made.Budget.Needed(), 0
				for _, of := range b.fake.Stats().Endpoints {
					sent += of.Requests
				}
				if sent -= made.Budget.Read + made.Budget.ReadTokens; waves == "" && (sent-needed < -3 || sent-needed > 3 || made.Budget.Rereads < 100) {
					t.Errorf("%d requests were sent, and %d needed: %+v", sent, needed, made.Budget)
				}
			})
		})
	}
}
