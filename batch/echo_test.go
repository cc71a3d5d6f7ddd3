package batch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
)

// An answer with the old settings is read after: three that were wrong are enough to pass over the others.
func TestAnOldEchoIsRefutedByAReading(t *testing.T) {
	for _, life := range []time.Duration{0, 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			faults, err := sandbox.ParseFaults("echo-old=1")
			if err != nil {
				t.Fatal(err)
			}
			b := newCutover(t, sandbox.Config{Faults: faults}, 20, 0, "100%")
			b.config.Waves, b.config.Workers, b.config.ReadLag = nil, 1, 30*time.Second
			b.client.Rate, _ = client.ParseRate("20/s")
			if b.config.Read = plan.ReadInventory; life > 0 {
				b.config.Read = plan.ReadEach // of which the cache keeps the answers
			}
			b.behind("/numbers", life)
			run, results, err := b.apply()
			if err != nil || run.Stop.Early() {
				t.Fatalf("error %v, stop %v", err, run.Stop)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: 20})
			if r := results[0]; r.UpdateOrderId == "" || !strings.Contains(r.Error, `the answer has MessageRouteId "MRID-old", as it was`) {
				t.Errorf("the row says %+v", r)
			}
			if n := b.fake.Stats().Endpoints[sandbox.Number].Requests; life == 0 && n != 3 {
				t.Errorf("%d numbers were read, want 3", n)
			}
			if n := b.fake.Stats().Updates; n != 20 {
				t.Errorf("%d updates, want 20", n)
			}
		})
	}
}

// An update that is answered as complete and never takes effect is unknown, and not sent for ever.
func TestAnOldEchoThatIsTrueIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults, err := sandbox.ParseFaults("ignored=1")
		if err != nil {
			t.Fatal(err)
		}
		b := newCutover(t, sandbox.Config{Faults: faults}, 3, 0, "100%")
		b.config.Waves, b.config.ReadLag = nil, 30*time.Second
		began := time.Now()
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Unknown: 3})
		if r := results[0]; !strings.Contains(r.Error, "MRID-new -> MRID-old") || r.HTTPStatus != 200 {
			t.Errorf("the row says %+v", r)
		}
		if n := b.fake.Stats().Endpoints[sandbox.Update].Requests; n > 6 {
			t.Errorf("3 numbers got %d updates", n)
		}
		if time.Since(began) < 30*time.Second {
			t.Error("nobody waited for a reading that lags")
		}
	})
}

// What an answer shows otherwise than it was asked for is noted, and by the notion of equal that the plan has.
func TestWhatIsEchoedOtherwiseIsNoted(t *testing.T) {
	const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
	for echo, want := range map[string]string{
		`"MessageRouteId":"MRID-` + strings.ToUpper(uuid) + `","Iccid":"8901240397190557414F","MessageType":"A2P"`: "",
		`"MessageRouteId":"MRID-x"`: `note: MessageRouteId: asked for "MRID-` + uuid + `", the answer says "MRID-x"`,
		`"MessageType":"P2P"`:       `note: MessageType: asked for "a2p", the answer says "p2p"`,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
				number := updateOf(r)
				if number == "" {
					return nil
				}
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					fmt.Fprintf(w, `{"Number":%q,"UpdateOrderId":"JNUOID-7","UpdateOrderStatus":"Complete",%s}`, number, echo)
				})
			}}, "Number,MessageRouteId,Iccid,MessageType\n+18015550100,MRID-"+uuid+",8901240397190557414,a2p\n")
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			if r := results[0]; r.Status != result.Updated || r.Error != want {
				t.Errorf("%s: %s, %q", echo, r.Status, r.Error)
			}
		})
	}
}

// An id that the API keeps in another case is not sent again every night.
func TestAnIdInAnotherCaseIsUnchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
		b := newCutover(t, sandbox.Config{}, 1, 0, "100%")
		b.move(b.inventory(0), "MRID-"+strings.ToUpper(uuid))
		b.again("Number,MessageRouteId\n" + b.inventory(0) + ",MRID-" + uuid + "\n")
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Unchanged: 1})
	})
}
