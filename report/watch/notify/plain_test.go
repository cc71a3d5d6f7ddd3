package notify_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// Whatever a file, a run or an answer is called, a chat makes no link, no mention and no markup of it.
func TestNoTextOfANotificationIsMarkup(t *testing.T) {
	const hostile = "[click](https://evil.example) <!channel> @here `code` <https://evil.example|x>\x1b\u202e\n"
	synctest.Test(t, func(t *testing.T) {
		var h hook
		n := h.notifier(t)
		n.Listen(event.Began{At: time.Now(), Run: event.Run{
			Job: hostile, Name: hostile, Host: hostile, Account: hostile, Operator: hostile, Ticket: hostile,
		}})
		n.Listen(event.Held{Why: hostile, Since: time.Now()})
		n.End(runs.Outcome{ExitCode: 1, Err: errors.New(hostile), At: time.Now()})
		h.start(t, hostile).End(runs.Outcome{ExitCode: 1, Err: errors.New(hostile), At: time.Now()})
		if len(h.bodies) != 3 {
			t.Fatalf("got %+v", h.bodies)
		}
		for _, body := range h.bodies {
			var fields map[string]any
			encoded, _ := json.Marshal(body)
			if err := json.Unmarshal(encoded, &fields); err != nil {
				t.Fatal(err)
			}
			for name, value := range fields {
				text, _ := value.(string)
				if strings.ContainsAny(text, "[]<>@`\x1b\u202e\n") || strings.Contains(text, "://") {
					t.Errorf("%s %s: %q", body.Event, name, text)
				}
			}
			if !strings.Contains(body.Job, "click") || !strings.Contains(body.Detail, "click") {
				t.Errorf("nothing is told: %+v", body)
			}
		}
	})
}

// A chat has other readers than the run: what the API says of a number does not name it there.
func TestNoNotificationHasANumber(t *testing.T) {
	const why = "status 404: no number +18015550001, or (801) 555-0001; SIM 8901260123456789011 of TSUID-7f3a55d1"
	synctest.Test(t, func(t *testing.T) {
		var h hook
		n := h.notifier(t)
		n.Listen(event.Began{At: time.Now(), Run: event.Run{Name: "20261127T231036Z-n2"}})
		n.Listen(event.Held{Why: why, Since: time.Now()})
		n.Listen(event.Stopping{Stop: result.Stop{Reason: result.StoppedByFailures, Detail: why}})
		n.End(runs.Outcome{ExitCode: 1, Err: errors.New(why), At: time.Now()})
		if len(h.bodies) != 3 {
			t.Fatalf("got %+v", h.bodies)
		}
		for _, body := range h.bodies {
			told, _ := json.Marshal(body)
			for _, value := range []string{"5550001", "555-0001", "260123456789", "7f3a55", "**"} {
				if strings.Contains(string(told), value) {
					t.Errorf("%s: %s", value, told)
				}
			}
			if !strings.Contains(body.Detail, "status 404: no number +18…01") || body.Run != "20261127T231036Z-n2" {
				t.Errorf("got %s", told)
			}
		}
	})
}
