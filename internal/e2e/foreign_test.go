package e2e_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/page"
	"github.com/bulknum/bulknum/report/watch/access"
	"github.com/bulknum/bulknum/report/watch/live"
	"github.com/bulknum/bulknum/report/watch/metrics"
)

// lie is what somebody else says of the run.
const lie = "Finished: everything is in sync"

// liar answers as the page of a run does, and proves it by a key.
type liar struct {
	key    []byte
	silent bool // there are no events
	asked  atomic.Int32
}

// ServeHTTP is of [http.Handler].
func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.asked.Add(1)
	prove := func(kind, body string) string {
		mac := hmac.New(sha256.New, l.key)
		mac.Write([]byte(kind + "\n" + body))
		return hex.EncodeToString(mac.Sum(nil))
	}
	switch {
	case r.URL.Path == "/":
		body := `<header class="top good"><h1>` + lie + `</h1></header><main></main><footer></footer>` +
			`<script type="application/json" id="data">{"statuses":[],"rows":[]}</script>`
		w.Header().Set("Proof", prove("html", body))
		_, _ = io.WriteString(w, body)
	case r.URL.Path == "/events" && !l.silent:
		w.Header().Set("Content-Type", "text/event-stream")
		state := `{"phase":"ended","why":"` + lie + `","run":{},"counts":{"updated":60},"requests":{"total":0,"byStatus":{}}}`
		fmt.Fprintf(w, "event: state\ndata: %s\ndata: %s\n\n", state, prove("state", state))
	default:
		http.NotFound(w, r)
	}
}

// keyOf is the key of a page that somebody loads.
func keyOf(t *testing.T, address string) []byte {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`<meta name="reader" content="[A-Z0-9]+\.([0-9a-f]{64})">`).FindSubmatch(body)
	if found == nil {
		t.Fatalf("the page has no key: %.2000s", body)
	}
	key, err := hex.DecodeString(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// takePort has a handler, or what serves a listener, answer where a run did that was killed.
func (s *show) takePort(t *testing.T) net.Listener {
	t.Helper()
	s.network.cut()
	listener, err := net.Listen("tcp", strings.TrimPrefix(s.address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// Whoever takes the port of a run that was killed shows nothing on a page that is still open: neither a program that
// has nothing of the run, nor one that loaded the page before, nor one that answers the page only, nor another run.
func TestNothingOfAnotherProgramIsShown(t *testing.T) {
	for name, l := range map[string]*liar{"who knows the port": {}, "who loaded the page": {}, "without events": {silent: true}, "another run": nil} {
		t.Run(name, func(t *testing.T) {
			s := stage(t, 60)
			b := browse(t, s.address)
			b.forgive("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONTENT_LENGTH_MISMATCH", "404")
			s.play(t)
			s.answer(5)
			b.until(`document.querySelector('#tally .updated')?.parentElement.textContent === "updated 5"`)
			b.until(`document.getElementById("found").textContent === "60 rows"`)
			headline := value[string](b, `document.querySelector("h1").innerText`)
			if l == nil {
				s.another(t)
			} else {
				if name == "who loaded the page" {
					l.key = keyOf(t, s.address)
				}
				server := &http.Server{Handler: l, ReadHeaderTimeout: time.Minute}
				t.Cleanup(func() { server.Close() })
				listener := s.takePort(t)
				go func() { _ = server.Serve(listener) }()
			}
			value[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`) // somebody looks at it
			b.until(`document.getElementById("link").textContent.startsWith("Another program answers")`)
			b.says(t, "#phase", "not followed any more")
			b.says(t, "h1", headline)
			b.says(t, "#tally", "updated 5\nplanned 55")
			if got := b.found(); got != "60 rows" {
				t.Errorf("the rows are %q", got)
			}
			for _, said := range []string{lie, "another run's reason"} {
				if value[bool](b, fmt.Sprintf(`document.documentElement.innerText.includes(%q)`, said)) {
					t.Errorf("it shows what another program says: %s", said)
				}
			}
			if l != nil {
				before := l.asked.Load()
				value[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
				value[bool](b, `fetch("./asked").then(() => true)`) // comes after what is asked before it
				if asked := l.asked.Load() - before; asked != 1 {
					t.Errorf("another program is asked %d times again", asked-1)
				}
			}
			s.answer(55)
			<-s.ended
		})
	}
}

// another serves another run in place of the one that was killed.
func (s *show) another(t *testing.T) {
	t.Helper()
	run := control.New()
	run.Observe(time.Now(), event.Began{At: time.Now()}) // its name is not told yet
	run.Observe(time.Now(), event.Held{Name: "pause", Since: time.Now(), Why: "another run's reason"})
	served := live.Serve(s.takePort(t), access.Token{}, live.Page{Policy: page.LivePolicy(), Place: page.ReaderPlace, Write: func(ctx context.Context, w io.Writer) error {
		return page.Live(ctx, w, runs.Folder{}, &control.Status{})
	}}, run.Status, metrics.New("rows", "", run.Status))
	t.Cleanup(func() { served.End(runs.Outcome{}) })
}
