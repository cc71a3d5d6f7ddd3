package batch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
)

// A success without a body is believed when the number reads as asked, and its row is sent once, be all of them so.
func TestEmptySuccessesAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults, err := sandbox.ParseFaults("empty=1")
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(t, sandbox.Config{Faults: faults}, rows(60))
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 60})
		if n := b.lookups(client.EndpointUpdate); n != 60 {
			t.Errorf("%d updates were sent, want 60", n)
		}
	})
}

// So is one in another form than the API's.
func TestSuccessesOfAnotherFormAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fake *sandbox.Sandbox
		b := newBench(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
			if !strings.HasSuffix(r.URL.Path, "/update") {
				return nil
			}
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var asked struct{ Number, MessageRouteId string }
				err := json.NewDecoder(r.Body).Decode(&asked)
				if err := errors.Join(err, fake.Set(asked.Number, func(rec *sandbox.Record) { rec.MessageRouteId = asked.MessageRouteId })); err != nil {
					t.Error(err)
				}
				fmt.Fprintf(w, `["done"]`)
			})
		}}, rows(30))
		fake = b.fake
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 30})
		if n := b.lookups(client.EndpointUpdate); n != 30 {
			t.Errorf("%d updates were sent, want 30", n)
		}
	})
}
