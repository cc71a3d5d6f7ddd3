package current_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// readAll reads the first n numbers of an inventory in pages of 50, while the API does what the test makes of it.
func readAll(t *testing.T, config sandbox.Config, way plan.ReadWay, n int, spoil func(*sandbox.Sandbox)) (plan.Reading, error) {
	t.Helper()
	config.PageSize = 50
	b := newBench(t, config)
	spoil(b.fake)
	numbers := map[string]struct{}{}
	for i := range n {
		number, _ := b.fake.InventoryNumber(i)
		numbers[number] = struct{}{}
	}
	return current.Reader{API: b.api, Way: way, Workers: 1, Now: time.Now, Tell: func(plan.Reading) {}}.Read(t.Context(), b.readings(), numbers)
}

// away makes the inventory fail from one moment to another.
func away(t *testing.T, from, to time.Duration) func(*sandbox.Sandbox) {
	return func(fake *sandbox.Sandbox) {
		begin := func() {
			always := map[sandbox.Fault]float64{sandbox.Fault500: 1}
			if err := fake.SetFaults(sandbox.Faults{Rates: always, On: []sandbox.Endpoint{sandbox.Inventory}}); err != nil {
				t.Error(err)
			}
		}
		time.AfterFunc(from, begin)
		time.AfterFunc(to, func() { _ = fake.SetFaults(sandbox.Faults{}) }) // which are none
	}
}

// An inventory that fails for a while is read on, unless the numbers cost less one by one than the wait.
func TestAnInventoryThatFailsForAWhile(t *testing.T) {
	const always = 24 * time.Hour
	inventory := sandbox.Config{Numbers: 450}
	for name, test := range map[string]struct {
		way            plan.ReadWay
		numbers        int
		from, to       time.Duration
		pages, singles int
		stop           result.Reason
	}{
		"one page":                {plan.ReadAuto, 450, 5500 * time.Millisecond, 15 * time.Second, 9, 0, ""},
		"one page, no other way":  {plan.ReadInventory, 450, 5500 * time.Millisecond, 15 * time.Second, 9, 0, ""},
		"the first page":          {plan.ReadAuto, 450, 0, 2 * time.Minute, 9, 0, ""},
		"for ever":                {plan.ReadAuto, 450, 5500 * time.Millisecond, always, 4, 250, ""},
		"for ever, no other way":  {plan.ReadInventory, 450, 5500 * time.Millisecond, always, 4, 0, result.StoppedByOutage},
		"longer than few numbers": {plan.ReadAuto, 3, 0, 2 * time.Minute, 0, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "one page, no other way" || name == "the first page" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				got, err := readAll(t, inventory, test.way, test.numbers, away(t, test.from, test.to))
				stop, _ := errors.AsType[result.Stop](err)
				if stop.Reason != test.stop || stop.Reason == "" && (err != nil || got.Found != test.numbers) {
					t.Fatalf("%+v, %v", got, err)
				}
				if got.Pages != test.pages || got.Singles != test.singles {
					t.Errorf("%d pages, %d numbers one by one, want %d and %d", got.Pages, got.Singles, test.pages, test.singles)
				}
			})
		})
	}
}

// Records without a number are counted, and numbers that came without theirs are asked for.
func TestRecordsWithoutANumberAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := sandbox.Config{Numbers: 450, Pages: sandbox.Pages{Unnamed: 50}}
		got, err := readAll(t, config, plan.ReadAuto, 450, func(*sandbox.Sandbox) {})
		if err != nil || got.Found != 450 || got.Unnamed != 9 || got.Pages != 9 || got.Singles != 9 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// A number that the inventory shows twice is asked for by itself, unless both show the same.
func TestANumberThatIsListedTwice(t *testing.T) {
	for again, singles := range map[string]int{"MRID-a": 0, "MRID-b": 1} {
		synctest.Test(t, func(t *testing.T) {
			var box *sandbox.Sandbox
			config := sandbox.Config{Numbers: 5, Answer: func(r *http.Request) http.Handler {
				if !strings.HasSuffix(r.URL.Path, "/numbers/inventory") {
					return nil
				}
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					var records []string
					for _, record := range []struct {
						number int
						route  string
					}{{0, "MRID-a"}, {1, "MRID-a"}, {0, again}, {2, "MRID-a"}, {0, again}, {3, "MRID-a"}, {4, "MRID-a"}} {
						number, _ := box.InventoryNumber(record.number)
						records = append(records, fmt.Sprintf(`{"Number":%q,"MessageRouteId":%q}`, number, record.route))
					}
					fmt.Fprintf(w, `{"TotalResults":7,"PageNumber":1,"PhoneNumbers":[%s]}`, strings.Join(records, ","))
				})
			}}
			got, err := readAll(t, config, plan.ReadAuto, 5, func(fake *sandbox.Sandbox) { box = fake })
			if err != nil || got.Found != 5 || got.Singles != singles || got.SinglesLeft != 0 {
				t.Errorf("%s: %+v, %v, want %d read by themselves", again, got, err, singles)
			}
		})
	}
}

// Only answers of 403 that follow each other say that the key lacks the permission.
func TestForbiddenInARow(t *testing.T) {
	for between, stops := range map[int]bool{http.StatusForbidden: true, http.StatusNotFound: false, http.StatusBadRequest: false} {
		synctest.Test(t, func(t *testing.T) {
			asked := map[string]int{} // the place of each number, from 1
			config := sandbox.Config{Numbers: 9, Answer: func(r *http.Request) http.Handler {
				if !strings.HasSuffix(r.URL.Path, "/numbers") {
					return nil
				}
				status := http.StatusForbidden
				number := r.URL.Query().Get("Number")
				if number == "" {
					number = r.URL.Query().Get("PhoneNumber")
				}
				if asked[number] == 0 {
					asked[number] = len(asked) + 1
				}
				if asked[number]%3 == 0 {
					status = between
				}
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			}}
			_, err := readAll(t, config, plan.ReadEach, 9, func(*sandbox.Sandbox) {})
			if stop, _ := errors.AsType[result.Stop](err); (stop.Reason == result.StoppedByCredentials) != stops {
				t.Errorf("%d between: %v", between, err)
			}
		})
	}
}
