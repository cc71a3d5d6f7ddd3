package batch_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// nulls shows null for some fields, in answers to readings of one path.
type nulls struct {
	http.RoundTripper
	path   string // its end
	fields *regexp.Regexp
}

func (n *nulls) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := n.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, n.path) {
		return answer, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	body = n.fields.ReplaceAll(body, []byte(`"$1":null`))
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return answer, nil
}

// hide has one way of reading show null in place of some fields.
func (b *bench) hide(path string, fields ...string) {
	b.client.Transport = &nulls{b.client.Transport, path, regexp.MustCompile(`"(` + strings.Join(fields, "|") + `)":"[^"]*"`)}
}

// cleared is a bench whose file clears two fields of the first n of 20 numbers and keeps the rest as they are, which
// have all of them; of the first, emptied do not.
func cleared(t *testing.T, n, emptied int) *bench {
	t.Helper()
	b := planned(newBench(t, sandbox.Config{Numbers: 20}, ""))
	rows := "Number,AssignedSubscriberId,VoiceRouteId,MessageRouteId\n"
	for i := range 20 {
		subscriber, voice := "TSUID-1", "CRID-1"
		if i < emptied {
			subscriber, voice = "", ""
		}
		if err := b.fake.Set(b.inventory(i), func(r *sandbox.Record) {
			r.AssignedSubscriberId, r.VoiceRouteId, r.MessageRouteId = subscriber, voice, "MRID-1"
		}); err != nil {
			t.Fatal(err)
		}
		if i < n {
			rows += b.inventory(i) + ",<clear>,<clear>,\n"
		} else {
			rows += b.inventory(i) + ",,,MRID-1\n"
		}
	}
	b.config.Input.AllowClear = true
	b.again(rows)
	return b
}

// singles are how many numbers were asked for by themselves.
func (b *bench) singles() int { return b.lookups(client.EndpointNumber) }

// A null of the inventory is no proof that a number has no value: the rows that are right by it, and only they, are read
// by themselves, and a value that one way shows wins over the null of the other.
func TestANullOfTheInventoryIsNoProof(t *testing.T) {
	testextent.Variant(t)
	const inventory, single, n = "/numbers/inventory", "/numbers", 14
	const changes = "VoiceRouteId CRID-1 -> (empty); AssignedSubscriberId TSUID-1 -> (empty)"
	both := []string{"AssignedSubscriberId", "VoiceRouteId"}
	for name, test := range map[string]struct {
		emptied          int
		inventory, alone []string // what is shown as null
		updated, singles int
	}{
		"both show it":                 {0, nil, nil, n, 0},
		"the inventory shows none":     {0, both, nil, n, n},
		"each way shows another field": {0, both[:1], both[1:], n, n},
		"there is none":                {n, nil, nil, 0, n},
		"of most there is none":        {n - 1, both, nil, 1, n},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := cleared(t, n, test.emptied)
				if len(test.inventory) > 0 {
					b.hide(inventory, test.inventory...)
				}
				if len(test.alone) > 0 {
					b.hide(single, test.alone...)
				}
				_, all, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				want := map[result.Status]int{result.Unchanged: 20 - test.updated}
				if test.updated > 0 {
					want[result.Updated] = test.updated
				}
				wantCounts(t, all, want)
				if got := b.singles(); got != test.singles {
					t.Errorf("%d numbers were read by themselves, want %d", got, test.singles)
				}
				for i, r := range all {
					if r.Status == result.Updated && r.Changes != changes {
						t.Errorf("row %d: %s, want %s", i+1, r.Changes, changes)
					}
					if is, _ := b.fake.Number(b.inventory(i)); i < n && is.AssignedSubscriberId+is.VoiceRouteId != "" {
						t.Errorf("row %d is %s, and the number has %q and %q", i+1, r.Status, is.AssignedSubscriberId, is.VoiceRouteId)
					}
				}
			})
		})
	}
}

// A verification does not call a number as asked by a null of the inventory.
func TestANullOfTheInventoryVerifiesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := cleared(t, 14, 0)
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		b.hide("/numbers/inventory", "VoiceRouteId")
		if err := b.fake.Set(b.inventory(13), func(r *sandbox.Record) { r.VoiceRouteId = "CRID-2" }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.onceMore()
		v, err := batch.Verify(t.Context(), b.config, run.Identity.Name)
		if err != nil || v.Counts[result.InSync] != 19 || v.Counts[result.Drifted] != 1 {
			t.Errorf("verified %v, error %v", v.Counts, err)
		}
	})
}

// A precondition that a field has no value is not met by a null of the inventory.
func TestANullOfTheInventoryMeetsNoPrecondition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := cleared(t, 0, 10)
		b.hide("/numbers/inventory", "VoiceRouteId")
		rows := "Number,MessageRouteId,If.VoiceRouteId\n"
		for i := range 20 {
			rows += b.inventory(i) + ",MRID-2,<empty>\n"
		}
		b.again(rows)
		_, all, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, all, map[result.Status]int{result.Updated: 10, result.Conflict: 10})
	})
}

// A run that was cut off after the inventory was read goes on with the numbers that have to be read by themselves.
func TestANullOfTheInventoryIsNoProofAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := cleared(t, 14, 0)
		b.hide("/numbers/inventory", "AssignedSubscriberId", "VoiceRouteId")
		stopped := false
		on(b, func(told event.ReadingTold) {
			if told.Singles == 1 && !stopped {
				stopped = true
				b.config.Control.Stop(result.Stop{Reason: result.StoppedBySignal, Signal: 2})
			}
		})
		run, err := b.applyOnly()
		if err != nil || run.Plan != nil {
			t.Fatalf("it was not stopped in reading: %v", err)
		}
		b.onceMore()
		_, all, err := b.resume(run, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, all, map[result.Status]int{result.Updated: 14, result.Unchanged: 6})
		if got := b.pagesRead(); got != 1 {
			t.Errorf("the inventory was read %d times", got)
		}
	})
}

// A null that a number shows for its subscriber, as in the API's only sample, is no difference: a wave that is read back
// by itself passes, and a rollback does not clear what was not seen.
func TestANullOfTheNumberIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 20}, ""))
		b.hide("/numbers", "AssignedSubscriberId")
		b.config.Read = plan.ReadEach
		rows := "Number,AssignedSubscriberId\n"
		for i := range 4 {
			rows += b.inventory(i) + ",TSUID-2\n"
		}
		b.again(rows)
		run, all, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, all, map[result.Status]int{result.Updated: 4})
		b.onceMore()
		v, err := batch.Verify(t.Context(), b.config, run.Identity.Name)
		if err != nil || v.Counts[result.Drifted] != 0 || v.Counts[result.NotShown] != 4 {
			t.Errorf("verified %v, error %v", v.Counts, err)
		}
		b.onceMore()
		b.config.Input.AllowClear = true
		if _, _, err := b.rollback(run, batch.RollbackOptions{}); err == nil {
			t.Error("it rolls back what it never saw")
		}
		for i := range 4 {
			if is, _ := b.fake.Number(b.inventory(i)); is.AssignedSubscriberId != "TSUID-2" {
				t.Errorf("row %d has %q after the rollback", i+1, is.AssignedSubscriberId)
			}
		}
	})
}
