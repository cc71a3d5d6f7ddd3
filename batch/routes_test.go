package batch_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// routesTo is an input that moves a number to each of the routes.
func routesTo(field string, routes ...string) string {
	rows := "Number," + field + "\n"
	for i, route := range routes {
		rows += fmt.Sprintf("%s,%s\n", number(i), route)
	}
	return rows
}

// Routes that work are read once each, their names are kept, and what that costs
// is in the budget.
func TestRoutesAreReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{RouteNames: map[string]string{
			"MRID-north": "EU SMS hub", "MRID-south": "US SMS hub", "CRID-east": "Trunk of the east",
		}}, ""))
		for i, route := range []string{"MRID-old", "MRID-old", "MRID-old"} {
			b.setRoute(number(i), route)
		}
		b.again("Number,MessageRouteId,VoiceRouteId\n" +
			number(0) + ",MRID-north,CRID-east\n" + number(1) + ",MRID-north,T9992774\n" + number(2) + ",MRID-south,<clear>\n" + number(3) + ",MRID-here,\n")
		b.config.Input.AllowClear = true
		b.setRoute(number(3), "MRID-here") // it moves nowhere
		b.config.CheckRoutes = true
		var asked batch.Question
		b.config.Confirm = func(_ context.Context, q batch.Question) error {
			asked = q
			return nil
		}
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 3, result.Unchanged: 1})
		names := map[string]string{
			"MRID-north": "EU SMS hub", "MRID-south": "US SMS hub", "CRID-east": "Trunk of the east", "T9992774": "Trunk T999",
			"MRID-old": "SMS hub old", // from where they come: the list has it too
		}
		summary, err := run.Summary(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []map[string]string{asked.Plan.Routes, run.Plan.Routes, summary.Routes} {
			maps.DeleteFunc(got, func(id, _ string) bool { return strings.HasPrefix(id, "CRID-") && id != "CRID-east" })
			if diff := cmp.Diff(names, got); diff != "" {
				t.Error(diff)
			}
		}
		stats, budget := b.fake.Stats(), asked.Plan.Budget
		for endpoint, want := range map[sandbox.Endpoint]int{
			sandbox.MessageRoutes: 1, sandbox.VoiceRoutes: 1, sandbox.MessageRoute: 0, sandbox.VoiceRoute: 0,
		} {
			if n := stats.Endpoints[endpoint].Requests; n != want {
				t.Errorf("%s: %d requests, want %d", endpoint, n, want)
			}
		}
		if got := budget.Read + budget.ReadTokens + budget.Updates + budget.Tokens; got != stats.Requests {
			t.Errorf("the budget was %d requests (%+v), the server counted %d", got, budget, stats.Requests)
		}
		// The routes' passwords are nowhere.
		err = filepath.Walk(run.Folder(), func(path string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if strings.Contains(string(content), "not-a-secret") {
				t.Errorf("%s has a route's password", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// A route that does not work is refused with the rows that would move there.
func TestRoutesThatDoNotWork(t *testing.T) {
	unhappy := sandbox.Config{MissingRoutes: []string{"MRID-gone", "CRID-gone"}, DisabledRoutes: []string{"MRID-off", "CRID-off"}}
	for _, test := range []struct {
		field  string
		routes []string
		want   []string
	}{
		{"MessageRouteId", []string{"MRID-a", "MRID-gone", "MRID-off"}, []string{
			"MessageRouteId MRID-gone does not exist: 1 row would move there, on line 3",
			"MessageRouteId MRID-off is disabled: 1 row would move there, on line 4",
		}},
		{"VoiceRouteId", []string{"CRID-off", "CRID-off", "CRID-a", "CRID-gone"}, []string{
			"VoiceRouteId CRID-off is Inactive: 2 rows would move there, on lines 2, 3",
			"VoiceRouteId CRID-gone does not exist: 1 row would move there, on line 5",
		}},
		{"MessageRouteId", slices.Repeat([]string{"MRID-gone"}, 45), []string{
			"MessageRouteId MRID-gone does not exist: 45 rows would move there, on lines 2, 3, 4, 5, 6 and 40 more",
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, unhappy, routesTo(test.field, test.routes...)))
			b.config.CheckRoutes = true
			run, _, err := b.apply()
			if got := refused(t, b, err); got != strings.Join(test.want, "\n") {
				t.Errorf("got %s", got)
			}
			if n := b.fake.Stats().Updates; n != 0 || run.Stop.Reason != result.Guarded {
				t.Errorf("%d updates, stop %v", n, run.Stop)
			}
			// A plan tells it beforehand.
			b.again(routesTo(test.field, test.routes...))
			if _, err := b.dryRun(); err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, e := range b.events {
				if n, ok := e.(event.Noticed); ok {
					told = append(told, strings.TrimPrefix(n.Detail, "apply would refuse it: "))
				}
			}
			if diff := cmp.Diff(test.want, told); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A route that nobody can tell of is not taken for one that works.
func TestRoutesThatCannotBeRead(t *testing.T) {
	answering := func(answer http.HandlerFunc) sandbox.Config {
		return sandbox.Config{Answer: func(r *http.Request) http.Handler {
			if strings.HasSuffix(r.URL.Path, "/message/routes") {
				return answer
			}
			return nil
		}}
	}
	for _, test := range []struct {
		code int
		want string
		stop result.Reason
	}{
		{http.StatusForbidden, "cannot be read: message route: status 403", result.Guarded},
		{http.StatusBadRequest, "cannot be read: message route: status 400", result.Guarded},
		{http.StatusUnauthorized, "", result.StoppedByCredentials},
		{http.StatusServiceUnavailable, "cannot be read: message route: status 503", result.Guarded},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, answering(status(test.code)), routesTo("MessageRouteId", "MRID-a")))
			b.config.CheckRoutes = true
			run, _, err := b.apply()
			if run == nil || run.Stop.Reason != test.stop {
				t.Fatalf("%d: error %v, run %+v", test.code, err, run)
			}
			var guarded *guard.RefusedError
			if errors.As(err, &guarded) != (test.want != "") || guarded != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%d: %v, want %s", test.code, err, test.want)
			}
			if n := b.fake.Stats().Updates; n != 0 {
				t.Errorf("%d: %d updates", test.code, n)
			}
		})
	}
}

// A plan whose routes had to work is looked at again when it is applied, and the
// names found then are kept.
func TestRoutesOfAPlanThatIsApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, routesTo("MessageRouteId", "MRID-north")))
		plan, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		b.config.CheckRoutes = true
		run, err := b.applyPlan(plan)
		if err != nil {
			t.Fatal(err)
		}
		if got := run.Plan.Routes["MRID-north"]; got != "SMS hub nort" {
			t.Errorf("the name is %q", got)
		}
		b.again(routesTo("MessageRouteId", "MRID-south"))
		if plan, err = b.dryRun(); err != nil {
			t.Fatal(err)
		}
		b.config.CheckRoutes = false // the plan had it
		before := b.fake.Stats().Endpoints[sandbox.MessageRoute].Requests
		if _, err := b.applyPlan(plan); err != nil {
			t.Fatal(err)
		}
		if n := b.fake.Stats().Endpoints[sandbox.MessageRoute].Requests - before; n != 1 {
			t.Errorf("%d routes were read for the plan", n)
		}
	})
}

// Where nobody asked for it, routes are read when that is at most one of a hundred requests, and keep numbers from a route that
// does not work, with the option that lets them; what cannot be read refuses nothing then.
func TestRoutesAreCheckedWhereThatIsCheap(t *testing.T) {
	forbidden := func(r *http.Request) http.Handler {
		if strings.HasSuffix(r.URL.Path, "/message/routes") {
			return status(http.StatusForbidden)
		}
		return nil
	}
	for name, test := range map[string]struct {
		rows   int
		each   bool // a row has a route of its own
		answer func(*http.Request) http.Handler
		reads  int
		want   string // the refusal, or what is told
	}{
		"many rows":   {rows: 200, reads: 1, want: "MessageRouteId MRID-gone does not exist: 200 rows would move there"},
		"few rows":    {rows: 60},
		"many routes": {rows: 300, each: true, reads: 4, want: "whether the routes work is not known: MessageRouteId MRID-4 cannot be read: the API does not list it"},
		"forbidden":   {rows: 200, answer: forbidden, reads: 1, want: "whether the routes work is not known: MessageRouteId MRID-gone cannot be read: message route: status 403"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.each || name == "forbidden" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				routes := slices.Repeat([]string{"MRID-gone"}, test.rows)
				for i := range routes {
					if test.each {
						routes[i] = fmt.Sprintf("MRID-%d", i)
					}
				}
				b := planned(newBench(t, sandbox.Config{MissingRoutes: []string{"MRID-gone"}, Answer: test.answer}, routesTo("MessageRouteId", routes...)))
				b.config.CheckRoutesIfCheap = true
				b.config.Guards.MaxChanges = nil
				run, _, err := b.apply()
				guarded, refused := errors.AsType[*guard.RefusedError](err)
				if refused != (name == "many rows") || run == nil {
					t.Fatalf("error %v", err)
				}
				if n := b.fake.Stats().Endpoints[sandbox.MessageRoute].Requests; n != test.reads {
					t.Errorf("%d routes were read, want %d", n, test.reads)
				}
				if told := b.told() + fmt.Sprint(err); !strings.Contains(told, test.want) {
					t.Errorf("told %s", told)
				}
				if refused && (len(guarded.Refusals) != 1 || guarded.Refusals[0].Guard != guard.RoutesRead) {
					t.Errorf("refused by %+v", guarded.Refusals)
				}
			})
		})
	}
}

// passes counts how often the rows of a plan are gone through.
type passes struct {
	store.Store
	n int
}

func (p *passes) PlanRows(ctx context.Context, run store.RunID) iter.Seq2[[]byte, error] {
	p.n++
	return p.Store.PlanRows(ctx, run)
}

// The routes of a plan are found as its rows are decided: it goes through them no more often for that, whether they are
// checked or not.
func TestRoutesAreFoundAsRowsAreDecided(t *testing.T) {
	count := func(t *testing.T, column, cell string, checks bool) (n int) {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{}, "Number,"+column+"\n"+number(0)+","+cell+"\n"+number(1)+","+cell+"\n"))
			counted := &passes{Store: b.config.Store}
			b.config.Store, b.config.CheckRoutes = counted, checks
			run, err := b.dryRun()
			if err != nil || run.Plan.Updates() != 2 {
				t.Fatalf("%+v, %v", run, err)
			}
			if _, named := run.Plan.Routes["MRID-hub"]; named != (checks && column == "MessageRouteId") {
				t.Errorf("%s: the plan names %v", column, run.Plan.Routes)
			}
			n = counted.n
		})
		return n
	}
	names := count(t, "CnamFirstName", "Ada", true)
	for _, checks := range []bool{true, false} {
		if routes := count(t, "MessageRouteId", "MRID-hub", checks); routes != names {
			t.Errorf("with routes that are checked (%v) the rows are gone through %d times, else %d times", checks, routes, names)
		}
	}
}
