package batch_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
)

// hubs are routes with the names that people have for them.
func hubs() sandbox.Config {
	return sandbox.Config{RouteNames: map[string]string{
		"MRID-old": "Old hub", "MRID-new": "New hub", "MRID-twin1": "Twin", "MRID-twin2": "Twin", "CRID-new": "New hub",
	}}
}

// byName is an input that moves numbers by the names of routes.
func byName(n int) string {
	rows := "Number,MessageRouteId,If.MessageRouteId\n"
	for i := range n {
		rows += number(i) + ",name:New hub,NAME: Old hub\n"
	}
	return rows
}

// onOld is a bench of numbers that are on the old route.
func onOld(t *testing.T, n int) *bench {
	t.Helper()
	b := planned(newBench(t, hubs(), byName(n)))
	for i := range n {
		b.setRoute(number(i), "MRID-old")
	}
	return b
}

// problems are what the check of an input told, with the cures.
func (b *bench) problems() (told []string) {
	for _, e := range b.events {
		if p, ok := e.(event.ProblemFound); ok {
			told = append(told, p.String()+" ("+p.Hint+")")
		}
	}
	return told
}

// Names are looked up once, and the plan, its changes and what is sent have the ids; the plan has the names too.
func TestRoutesByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := onOld(t, 3)
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 3})
		if got := b.routes(3); strings.Count(got, "MRID-new") != 3 {
			t.Errorf("the numbers are on %s", got)
		}
		named := plan.RouteNames{{Kind: client.RouteOfMessages, Name: "New hub", ID: "MRID-new"}, {Kind: client.RouteOfMessages, Name: "Old hub", ID: "MRID-old"}}
		read, err := b.runs().Open(t.Context(), run.Identity.Name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(named, read.Plan.Named); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]string{"MRID-new": "New hub", "MRID-old": "Old hub"}, read.Plan.Routes); diff != "" {
			t.Error(diff)
		}
		for row, err := range read.InputRows(t.Context()) { // nobody is asked any more
			if id, _ := row.Settings.Get("MessageRouteId"); id != "MRID-new" || err != nil {
				t.Errorf("line %d: %s, %v", row.Line, id, err)
			}
		}
		endpoints := b.fake.Stats().Endpoints
		if lists, singles := endpoints[sandbox.MessageRoutes].Requests, endpoints[sandbox.MessageRoute].Requests; lists != 1 || singles != 0 {
			t.Errorf("%d lists and %d routes were read", lists, singles)
		}
	})
}

// Names that mean no route, or two, are mistakes of the file, told all at once with their places.
func TestRoutesThatNoNameMeans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, hubs(), "Number,MessageRouteId,VoiceRouteId,If.MessageRouteId,AssignedSubscriberId\n"+
			number(0)+",name:Nwe hub,,name:Twin,\n"+number(1)+",name:Completely other,name:Old hub,,name:Bob\n8018018011,name:New hub,name:,,\n"+
			number(2)+",name:new hub,name:New hub,,\n"))
		run, err := b.applyOnly()
		invalid, ok := errors.AsType[*batch.InvalidError](err)
		if !ok || invalid.Counts.Invalid != 4 || run.Stop.Reason != result.RefusedInput || b.fake.Stats().Updates > 0 {
			t.Fatalf("error %v", err)
		}
		told := b.problems()
		all := strings.Join(told, "\n")
		for _, want := range []string{
			`line 2: MessageRouteId "name:Nwe hub": no message route has this name (the nearest is "New hub" (MRID-new))`,
			`line 2: If.MessageRouteId "name:Twin": 2 message routes have this name (write the id of one of them: "Twin" (MRID-twin1), "Twin" (MRID-twin2))`,
			`line 3: MessageRouteId "name:Completely other": no message route has this name (there is "`,
			`line 3: VoiceRouteId "name:Old hub": no voice route has this name (there is "`,
			`line 3: AssignedSubscriberId "name:Bob": only a route can be named (write the id of the AssignedSubscriberId)`,
			`line 4: Number "8018018011": the + is missing`,
			`line 4: VoiceRouteId "name:": there is no name (write name: and the name of a route, or the route's id)`,
			`line 5: MessageRouteId "name:new hub": no message route has this name (the nearest is "New hub" (MRID-new))`,
		} {
			if !strings.Contains(all, want) {
				t.Errorf("%s is not told:\n%s", want, all)
			}
		}
		if len(told) != 8 {
			t.Errorf("%d mistakes are told:\n%s", len(told), all)
		}
	})
}

// A plan whose name means another route by now, or none, is refused before anything is sent, or read; one whose names mean
// what they meant is applied.
func TestARenamedRouteIsNoticed(t *testing.T) {
	for want, rename := range map[string]func(*sandbox.Sandbox){
		"": func(*sandbox.Sandbox) {},
		`the name "New hub" meant MRID-new when the plan was made, and means MRID-other now (MRID-new is "New hub of old" now)`: func(s *sandbox.Sandbox) {
			s.NameRoute("MRID-new", "New hub of old")
			s.NameRoute("MRID-other", "New hub")
		},
		`the name "Old hub" meant MRID-old when the plan was made, and now no message route has this name (MRID-old is "Gone" now)`: func(s *sandbox.Sandbox) {
			s.NameRoute("MRID-old", "Gone")
		},
		`the name "New hub" meant MRID-new when the plan was made, and now 2 message routes have this name`: func(s *sandbox.Sandbox) {
			s.NameRoute("MRID-old", "New hub")
			s.NameRoute("MRID-older", "Old hub")
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := onOld(t, 3)
			made, err := b.dryRun()
			if err != nil {
				t.Fatal(err)
			}
			rename(b.fake)
			run, err := b.applyPlan(made)
			switch {
			case want == "" && (err != nil || run.Stop.Early() || strings.Count(b.routes(3), "MRID-new") != 3):
				t.Errorf("error %v, run %+v", err, run)
			case want != "" && !strings.Contains(refused(t, b, err), want):
				t.Errorf("got %v, want %s", err, want)
			}
			if n := b.fake.Stats().Updates; (n > 0) != (want == "") {
				t.Errorf("%d updates", n)
			}
		})
	}
}

// A run that began goes on where it was agreed to go, and tells that the name means something else by now; what it did goes
// back by a name too.
func TestARunByNamesGoesOnAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := onOld(t, 6)
		b.config.MaxFailures = plan.Limit{}
		run := b.crash(9)
		moved := b.fake.Stats().Updates
		if !run.Applied || moved == 0 || moved == 6 {
			t.Fatalf("%d updates before the crash", moved)
		}
		b.fake.NameRoute("MRID-new", "New hub of old")
		b.fake.NameRoute("MRID-other", "New hub")
		b.events = nil
		run, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 6})
		if got := b.routes(6); strings.Count(got, "MRID-new") != 6 {
			t.Errorf("the numbers are on %s", got)
		}
		if !strings.Contains(b.told(), "means MRID-other now") {
			t.Errorf("it is not told: %s", b.told())
		}
		field, _ := settings.Lookup("MessageRouteId")
		where, flaw, err := run.Plan.KnownRoutes().ID(t.Context(), field, "New hub")
		if where != "MRID-new" || flaw != nil || err != nil {
			t.Fatal(where, flaw, err)
		}
		b.onceMore()
		back, err := batch.PlanRollback(t.Context(), b.config, run.Identity.Name, batch.RollbackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		taken, err := batch.Apply(t.Context(), back.Config(b.config))
		if err != nil {
			t.Fatal(err)
		}
		if names := taken.Plan.Routes; names["MRID-old"] != "Old hub" || names["MRID-new"] == "" {
			t.Errorf("the rollback names the routes %v", names)
		}
		if got := b.routes(6); strings.Count(got, "MRID-old") != 6 {
			t.Errorf("the numbers are on %s", got)
		}
	})
}

// A run that began goes on by its plan, whatever the API tells of names by then.
func TestARunByNamesGoesOnWithoutThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config, gone := hubs(), false
		config.Answer = func(r *http.Request) http.Handler {
			if gone && strings.HasSuffix(r.URL.Path, "/account/message/routes") {
				return status(http.StatusForbidden)
			}
			return nil
		}
		b := planned(newBench(t, config, "Number,MessageRouteId\n"+number(0)+",name:New hub\n"+number(1)+",name:New hub\n"+number(2)+",name:New hub\n"))
		b.config.MaxFailures = plan.Limit{}
		run := b.crash(5)
		if !run.Applied {
			t.Fatal("it was not begun before the crash")
		}
		gone, b.events = true, nil
		_, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 3})
		if !strings.Contains(b.told(), "what names of routes mean now is not known: ") {
			t.Errorf("told %s", b.told())
		}
	})
}

// Where routes cannot be listed, or not all, or not with the one token that there is, no name means one.
func TestNamesThatCannotBeLookedUp(t *testing.T) {
	list := func(answer http.HandlerFunc) func(r *http.Request) http.Handler {
		return func(r *http.Request) http.Handler {
			if strings.HasSuffix(r.URL.Path, "/account/message/routes") {
				return answer
			}
			return nil
		}
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		token  bool
		stop   result.Reason
		want   string
	}{
		"forbidden": {answer: status(http.StatusForbidden), stop: result.StoppedByAPI, want: "the list of message routes cannot be read: "},
		"not all": {answer: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"TotalRoutes":2,"Results":[{"MessageRouteId":"MRID-new","RouteName":"New hub"}]}`))
		}, stop: result.RefusedInput, want: "the API lists only 1 of 2 message routes"},
		"one token": {token: true, stop: result.RefusedInput, want: "cannot be asked with one token"},
	} {
		synctest.Test(t, func(t *testing.T) {
			config := hubs()
			if test.answer != nil {
				config.Answer = list(test.answer)
			}
			b := planned(newBench(t, config, "Number,MessageRouteId\n"+number(0)+",name:New hub\n"))
			if test.token {
				b.client.Credentials = client.Credentials{Token: client.NewSecret("some-token")}
				b.config.TokenOnly, b.config.All = true, true
			}
			run, err := b.applyOnly()
			if run == nil || run.Stop.Reason != test.stop || b.fake.Stats().Updates > 0 {
				t.Fatalf("%s: error %v, run %+v", name, err, run)
			}
			if told := strings.Join(b.problems(), "\n") + run.Stop.Detail; !strings.Contains(told, test.want) {
				t.Errorf("%s: told %s", name, told)
			}
		})
	}
}
