package sandbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/client/sandbox"
)

// kept is a sandbox some of whose orders are under way at first, and whose journal the test has.
func kept(t *testing.T, journal io.Writer) (*sandbox.Sandbox, *caller) {
	t.Helper()
	s, c := newCaller(t, sandbox.Config{Numbers: 20, Orders: sandbox.Orders{PendingFor: time.Minute}, Judge: func(_, after sandbox.Record) (v sandbox.Verdict) {
		if after.MessageRouteId == "MRID-late" {
			v.OrderStatus, v.OrderMessage = "Pending", "soon"
		}
		return v
	}})
	s.KeepIn(journal)
	return s, c
}

// move updates the route of a number, and returns the status of the answer.
func (c *caller) move(number, route string) int {
	return c.update(fmt.Sprintf(`{"Number":%q,"MessageRouteId":%q}`, number, route)).status
}

// saved is what a sandbox has.
func saved(t *testing.T, s *sandbox.Sandbox) string {
	t.Helper()
	var all bytes.Buffer
	if err := s.Save(&all); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// A journal that was cut off anywhere, as by a kill, restores all that had been answered by then, and what comes after
// goes on as in the sandbox that was never restored.
func TestJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var journal bytes.Buffer
		s, c := kept(t, &journal)
		answered := map[int]string{0: saved(t, s)} // what there was, by how much of the journal there was
		for i, number := range []string{"+18015550100", "+442079460119", "+18015550100", "+18015550101"} {
			if got := c.move(number, []string{"MRID-a", "MRID-late"}[i%2]); got != http.StatusOK {
				t.Fatalf("status %d", got)
			}
			answered[journal.Len()] = saved(t, s)
			time.Sleep(time.Second) // of synctest: takes no real time
		}
		whole, last := journal.String(), ""
		for n := range len(whole) + 1 {
			if now, ok := answered[n]; ok {
				last = now
			}
			again, _ := kept(t, io.Discard)
			stale, err := again.Restore(strings.NewReader(whole[:n]))
			if err != nil {
				t.Fatalf("after %d bytes: %v", n, err)
			}
			if cut := n > 0 && whole[n-1] != '\n'; cut && !stale {
				t.Errorf("after %d bytes: a line that was cut off is not noticed", n)
			}
			if diff := cmp.Diff(last, saved(t, again)); diff != "" {
				t.Fatalf("after %d bytes: %s", n, diff)
			}
		}
		again, later := kept(t, io.Discard)
		if stale, err := again.Restore(strings.NewReader(whole)); !stale || err != nil { // a number has changed twice
			t.Errorf("stale %v, %v", stale, err)
		}
		time.Sleep(2 * time.Minute)
		c.move("+18015550102", "MRID-b")
		later.move("+18015550102", "MRID-b")
		if diff := cmp.Diff(saved(t, s), saved(t, again)); diff != "" || strings.Contains(saved(t, s), "Pending") {
			t.Errorf("afterwards: %s", diff)
		}
		once, _ := kept(t, io.Discard)
		if stale, err := once.Restore(strings.NewReader(saved(t, s))); stale || err != nil {
			t.Errorf("of what was saved: stale %v, %v", stale, err)
		}
		if _, err := again.Restore(strings.NewReader("[]\nx\n[]\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("a damaged line: %v", err)
		}
	})
}

// full is a disk that has no space for what comes after the first writes.
type full struct{ writes int }

func (f *full) Write(p []byte) (int, error) {
	if f.writes--; f.writes < 0 {
		return len(p) / 2, errors.New("no space left")
	}
	return len(p), nil
}

// What cannot be kept has not happened: nobody is told of it, nor of anything later.
func TestAJournalThatCannotBeWritten(t *testing.T) {
	s, c := kept(t, &full{writes: 1})
	for i, want := range []int{http.StatusOK, http.StatusInternalServerError, http.StatusInternalServerError} {
		if got := c.move("+18015550100", fmt.Sprintf("MRID-%d", i)); got != want {
			t.Errorf("update %d: status %d, want %d", i, got, want)
		}
	}
	if got := c.send("GET", "/v1.0/numbers?PhoneNumber=%2B18015550100", "", ""); got.status != http.StatusInternalServerError {
		t.Errorf("a reading is answered %d", got.status)
	}
	if err := s.Set("+18015550100", func(*sandbox.Record) {}); err == nil {
		t.Error("a change behind the callers' backs is kept")
	}
}
