package notify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/internal/schematest"
	"github.com/bulknum/bulknum/report/watch/notify"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// hook is whoever is notified.
type hook struct {
	answers []http.HandlerFunc // the first ones

	mu     sync.Mutex
	bodies []notify.Notification
	failed []string
}

// ServeHTTP takes a notification.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	var answer http.HandlerFunc
	if len(h.answers) > 0 {
		answer, h.answers = h.answers[0], h.answers[1:]
	}
	if answer == nil {
		var n notify.Notification
		body, err := io.ReadAll(r.Body)
		if err := errors.Join(err, schematest.Document("notification", body), json.Unmarshal(body, &n)); err != nil || r.Method != http.MethodPost || r.URL.Path != "/hooks/s3cret" {
			panic(fmt.Sprint(r.Method, r.URL, err))
		}
		h.bodies = append(h.bodies, n)
	}
	h.mu.Unlock()
	if answer != nil {
		answer(w, r)
	}
}

// notifier notifies of a run of its own.
type notifier struct {
	*notify.Notifier
	run *control.Control
}

// Listen tells an event of the run.
func (n notifier) Listen(e event.Event) { watchtest.Tell(n.run, n.Notifier.Listen)(e) }

// notifier posts to the hook.
func (h *hook) notifier(t *testing.T) notifier {
	t.Helper()
	return h.start(t, "night")
}

// start posts to the hook what becomes of a job.
func (h *hook) start(t *testing.T, job string) notifier {
	t.Helper()
	network := pipenet.Listen()
	transport, stop := network.Serve(h)
	t.Cleanup(stop)
	address, err := notify.ParseAddress("http://localhost/hooks/s3cret")
	if err != nil {
		t.Fatal(err)
	}
	run := control.New()
	return notifier{notify.Start(notify.Options{
		Address: address, Job: job, Status: run.Status, Transport: transport,
		Warn: func(what string, err error) { h.failed = append(h.failed, fmt.Sprintf("%s: %v", what, err)) },
	}), run}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://localhost/elsewhere")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "no such hook: /hooks/s3cret")
	}
}

func stuck(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that nobody waits any more
	<-r.Context().Done()
}

// A run tells what holds it, that it stops, and what it came to.
func TestNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hook
		n := h.notifier(t)
		now := time.Now()
		outage := client.Wait{Reason: client.WaitOutage, Since: now, Until: now.Add(time.Second), Detail: "update: 503 <!channel> @all\n"}
		over := outage
		over.Over = true
		run := runs.Identity{Job: "night", Name: "20000101T000000Z-night", Host: "ops1", Account: "DID-1", Behalf: runs.Behalf{Ticket: "CHG-7"}}
		for _, e := range []event.Event{
			event.Began{At: now, Run: run.Told()},
			event.PlanMade{Plan: &plan.Plan{Counts: map[result.Status]int{result.Unchanged: 7, result.Planned: 3}}},
			event.Started{Counts: map[result.Status]int{result.Unchanged: 7, result.Planned: 3}},
			event.Finished{Result: result.Result{Status: result.Failed, Number: "+18015550001", Error: "no"}, Was: result.Planned},
			event.Waiting{Wait: outage}, event.Waiting{Wait: outage}, event.Waiting{Wait: over}, event.Waiting{Wait: over},
			event.Held{Why: "voice routes", Since: now, Expected: true}, event.Held{Over: true, Why: "voice routes", Expected: true},
			event.Held{Why: "the hold file", Since: now}, event.Held{Over: true, Why: "the hold file"},
			event.Stopping{Stop: result.Stop{Reason: result.StoppedBySignal, Detail: "interrupt"}, InFlight: 1},
			event.Ended{At: now},
		} {
			n.Listen(e)
		}
		stop := result.Stop{Reason: result.StoppedBySignal, Detail: "interrupt"}
		n.End(runs.Outcome{At: now, ExitCode: 130, Err: stop, Summary: &runs.Summary{
			Run: run, Stop: &stop, Counts: map[result.Status]int{result.Unchanged: 7, result.Failed: 1, result.NotAttempted: 2}, DurationMs: 61_000,
		}})
		var got []string
		for _, b := range h.bodies {
			if b.Version != 1 || b.Run != run.Name || b.Ticket != "CHG-7" || b.Rows != 10 {
				t.Errorf("got %+v", b)
			}
			got = append(got, string(b.Event)+": "+b.Text)
		}
		const who = "bulknum: run 20000101T000000Z-night on ops1: "
		want := []string{
			"outage: " + who + "the API is down, and asked again from time to time: update: 503 ‹!channel› ＠all; 7 unchanged, 2 planned, 1 failed",
			"continued: " + who + "the API answers again; 7 unchanged, 2 planned, 1 failed",
			"held: " + who + "held: the hold file; 7 unchanged, 2 planned, 1 failed",
			"continued: " + who + "running again: the hold file; 7 unchanged, 2 planned, 1 failed",
			"stopping: " + who + "stopping, 1 in flight: interrupt; 7 unchanged, 2 planned, 1 failed",
			"ended: " + who + "stopped early: interrupt; 7 unchanged, 1 failed, 2 not_attempted; exit code 130 after 1 m 1 s",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if len(h.failed) > 0 {
			t.Errorf("failed: %v", h.failed)
		}
	})
}

// A verification tells what it found, or how far it came.
func TestNotificationsOfAVerification(t *testing.T) {
	found := map[result.VerifyStatus]int{result.InSync: 1841, result.Drifted: 1}
	for name, c := range map[string]struct {
		stop result.Stop
		end  runs.Outcome
		want string
	}{
		"drifted": {result.Stop{}, runs.Outcome{ExitCode: 2, Err: errors.New("there are changes")},
			"finished; 1,841 in_sync, 1 drifted; exit code 2 after 1 m 1 s"},
		"interrupted": {result.Stop{Reason: result.StoppedBySignal, Detail: "interrupt"}, runs.Outcome{ExitCode: 130, Err: errors.New("stopped")},
			"stopped early: interrupt; 1,841 in_sync, 1 drifted; exit code 130 after 1 m 1 s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var h hook
				n := h.notifier(t)
				n.Listen(event.Began{At: time.Now(), Verifies: true, Run: event.Run{Job: "other", Name: "cutover", Host: "<ops@1>"}})
				n.Listen(event.NumbersVerified{Rows: 1842, Counts: found})
				n.Listen(event.Ended{At: time.Now(), Stop: c.stop})
				c.end.At = time.Now().Add(61 * time.Second)
				n.End(c.end)
				want := "bulknum: verification of run cutover on ‹ops＠1›: " + c.want
				if len(h.bodies) != 1 || h.bodies[0].Text != want || h.bodies[0].Job != "night" || !cmp.Equal(h.bodies[0].Verified, found) {
					t.Errorf("want %s, got %+v", want, h.bodies)
				}
			})
		})
	}
}

// A command that has no run tells what went wrong.
func TestNotificationWithoutARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h hook
		h.notifier(t).End(runs.Outcome{ExitCode: 8, Err: errors.New("another run\nholds the lock")})
		want := "bulknum: night: failed: another run holds the lock; exit code 8"
		if len(h.bodies) != 1 || h.bodies[0].Text != want || *h.bodies[0].ExitCode != 8 {
			t.Errorf("got %+v", h.bodies)
		}
	})
}

// switches answers with 101, and keeps the connection.
func switches(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	_, _ = io.Copy(io.Discard, conn) // until the client ends it
	_ = conn.Close()
}

// What does not come through is tried again where that may help, is told
// without the address, and delays the end a little only.
func TestNotificationsThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		answers   []http.HandlerFunc
		delivered int
		failed    string
		most      time.Duration
	}{
		"at first":         {[]http.HandlerFunc{status(503), status(429)}, 1, "", 2 * time.Second},
		"always":           {[]http.HandlerFunc{status(500), status(500), status(500)}, 0, "a notification was not delivered: the answer was 500", 2 * time.Second},
		"refused":          {[]http.HandlerFunc{status(404)}, 0, "a notification was not delivered: the answer was 404", 0},
		"sent elsewhere":   {[]http.HandlerFunc{status(307)}, 0, "a notification was not delivered: the answer was 307", 0},
		"another protocol": {[]http.HandlerFunc{switches}, 0, "a notification was not delivered: the answer was 101", 0},
		"never answered":   {[]http.HandlerFunc{stuck, stuck, stuck}, 0, "a notification was not delivered: ", 10 * time.Second},
		"connection reset": {[]http.HandlerFunc{func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }}, 1, "", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hook{answers: c.answers}
				n := h.notifier(t)
				began := time.Now()
				n.End(runs.Outcome{})
				if took := time.Since(began); took > c.most {
					t.Errorf("the end was delayed by %s", took)
				}
				failed := strings.Join(h.failed, "\n")
				if len(h.bodies) != c.delivered || !strings.HasPrefix(failed, c.failed) || (failed == "") != (c.failed == "") {
					t.Errorf("%d delivered, %q", len(h.bodies), failed)
				}
				if strings.Contains(failed, "s3cret") || strings.Contains(failed, "localhost") {
					t.Errorf("the address is told: %s", failed)
				}
			})
		})
	}
}

// Nobody who takes them slowly holds the run.
func TestManyNotificationsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hook{answers: []http.HandlerFunc{stuck, stuck, stuck}}
		n := h.notifier(t)
		began := time.Now()
		for range 100 {
			n.Listen(event.Held{Why: "again"})
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the run was held for %s", took)
		}
		n.End(runs.Outcome{})
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the end was delayed by %s", took)
		}
		told := strings.Join(h.failed, "\n")
		if !strings.Contains(told, "the end of the run waits no longer than ") || strings.Contains(told, "context canceled") {
			t.Errorf("told:\n%s", told)
		}
	})
}

func TestParseAddress(t *testing.T) {
	for text, good := range map[string]bool{
		"https://chat.example.com/hooks/s3cret": true,
		"http://127.0.0.1:8065/hooks/s3cret":    true,
		"http://[::1]/s3cret":                   true,
		"http://localhost/s3cret":               true,
		"http://chat.example.com/s3cret":        false,
		"http://127.0.0.1.example.com/s3cret":   false,
		"ftp://127.0.0.1/s3cret":                false,
		"s3cret":                                false,
		"https:///s3cret":                       false,
		"https://chat.example.com/%s3cret":      false,
		"https:s3cret":                          false,
		"":                                      false,
	} {
		address, err := notify.ParseAddress(text)
		if (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
		if said := fmt.Sprintf("%v %+v %#v %s %v", address, address, address, address, err); strings.Contains(said, "s3cret") {
			t.Errorf("%s: it shows in %s", text, said)
		}
	}
}
