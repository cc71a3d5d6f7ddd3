package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/internal/schematest"
	"github.com/bulknum/bulknum/report/watch/access"
	"github.com/bulknum/bulknum/report/watch/live"
	"github.com/bulknum/bulknum/report/watch/metrics"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// site is a live page in a bubble.
type site struct {
	*live.Live
	run     *control.Control
	network *pipenet.Listener
	client  *http.Client

	takes  time.Duration // how long it takes to make the page
	broken atomic.Bool   // it cannot be made
	keyed  bool          // it has a place for a name and a key
	made   atomic.Int32  // how often it was begun
}

// pagePolicy is that of the page.
const pagePolicy = "default-src 'none'; script-src 'sha256-x'; connect-src 'self'"

// place is where a page that is loaded has its name and its key.
const place = "the place"

// write makes the page, which says how many were made.
func (s *site) write(ctx context.Context, w io.Writer) error {
	n := s.made.Add(1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
	}
	if s.broken.Load() {
		return errors.New("broken")
	}
	if s.keyed {
		fmt.Fprintf(w, `<meta name="reader" content="%s">`, place)
	}
	_, err := fmt.Fprintf(w, "<p>rows, page %d</p>", n)
	return err
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{network: pipenet.Listen(), run: control.New()}
	s.client = &http.Client{Transport: &http.Transport{DialContext: s.network.DialContext}}
	s.Live = live.Serve(s.network, access.Token{}, live.Page{Policy: pagePolicy, Place: place, Write: s.write}, s.run.Status, metrics.New("rows", "", s.run.Status))
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// Listen tells an event of the run.
func (s *site) Listen(e event.Event) { watchtest.Tell(s.run, s.Live.Listen)(e) }

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// get asks for a path, with headers as name: value.
func (s *site) get(t *testing.T, method, path string, headers map[string]string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://localhost:8080"+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r.Host = headers["Host"]
	got, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, string(body)}
}

// liveEvent is an event of the stream.
type liveEvent struct {
	name  string
	state live.State
}

// follow gives the events of the stream until it ends.
func (s *site) follow(t *testing.T) <-chan liveEvent {
	t.Helper()
	events := make(chan liveEvent)
	go func() {
		defer close(events)
		answer, err := s.client.Get("http://localhost/events")
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		var e liveEvent
		for lines := bufio.NewReader(answer.Body); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if name, ok := strings.CutPrefix(line, "event: "); ok {
				e = liveEvent{name: strings.TrimSpace(name)}
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				err := json.Unmarshal([]byte(data), &e.state)
				if e.name == "state" || e.name == "end" {
					err = errors.Join(err, schematest.Document("live-state", []byte(data)))
				}
				if err != nil {
					t.Error(err)
				}
				events <- e
			}
		}
	}()
	return events
}

func TestLiveShowsARowWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.Listen(event.Began{At: time.Now(), Run: event.Run{Name: "night"}})
		s.Listen(event.Started{At: time.Now(), Rows: 3, Counts: map[result.Status]int{result.Planned: 3, result.Unchanged: 1}})
		events := s.follow(t)
		<-events
		for n := 1; n <= 3; n++ {
			time.Sleep(1250 * time.Millisecond) // of synctest: takes no real time
			answered := time.Now()
			s.Listen(watchtest.Update(n, result.Failed))
			for e := range events {
				if len(e.state.Recent) == n {
					break
				}
			}
			if took := time.Since(answered); took > time.Second {
				t.Errorf("row %d was shown after %s", n, took)
			}
		}
		cost := request.Counts{Total: 9, ByEndpoint: map[client.Endpoint]int{}, ByStatus: map[int]int{}, WaitedMs: map[client.WaitReason]int64{}}
		summary := &runs.Summary{Rows: 4, DurationMs: 77, Counts: map[result.Status]int{result.Unchanged: 1, result.Failed: 3}, Requests: cost}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.End(runs.Outcome{At: time.Now(), ExitCode: 5, Summary: summary})
		}()
		var last liveEvent
		for e := range events {
			last = e
		}
		st := last.state
		if last.name != "end" || st.Phase != control.PhaseEnded || *st.ExitCode != 5 || st.Rows != 4 || st.DurationMs != 77 ||
			st.Requests.Total != 9 || !maps.Equal(st.Counts, summary.Counts) || len(st.Failures) != 3 {
			t.Errorf("at the end: %s %+v", last.name, st)
		}
		<-ended
	})
}

// Readers that take nothing hold neither the run, nor others, nor the end, and
// are dropped.
func TestLiveDropsStuckReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		stuckReaders := make([]net.Conn, 50)
		for i := range stuckReaders {
			stuckReaders[i] = s.stuck(t)
		}
		began := time.Now()
		s.Listen(event.Began{At: began})
		for n := range 1000 {
			s.Listen(watchtest.Update(n, result.Updated))
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the run was held for %s", took)
		}
		events := s.follow(t)
		if e := <-events; len(e.state.Recent) != 50 || time.Since(began) > time.Second {
			t.Errorf("another reader got %d rows after %s", len(e.state.Recent), time.Since(began))
		}
		go func() {
			for range events { // reads on
			}
		}()
		time.Sleep(time.Minute) // of synctest: takes no real time
		for _, conn := range stuckReaders {
			if _, err := io.Copy(io.Discard, conn); err != nil { // ends when the other side has closed it
				t.Fatal(err)
			}
		}
		for range 50 {
			s.stuck(t)
		}
		ending := time.Now()
		s.End(runs.Outcome{})
		if took := time.Since(ending); took > time.Second {
			t.Errorf("the end was held for %s", took)
		}
		synctest.Wait()
	})
}

// stuck asks for the events and reads nothing.
func (s *site) stuck(t *testing.T) net.Conn {
	t.Helper()
	conn, err := s.network.DialContext(t.Context(), "tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprint(conn, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
	return conn
}

// Who connects and says only half of what it has to say takes a place for some
// seconds, of few: the descriptors are the run's.
func TestLiveBoundsConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		const silent = 400
		began, ended := time.Now(), make(chan error)
		for range silent {
			go func() {
				conn, err := s.network.DialContext(t.Context(), "tcp", "")
				if err == nil {
					_, err = fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
				}
				if err == nil {
					_, err = io.Copy(io.Discard, conn)
				}
				ended <- err
			}()
		}
		for range silent {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took > 7*5*time.Second {
			t.Errorf("the last of %d was there for %s", silent, took)
		}
		if got := s.get(t, "GET", "/healthz", nil); got.status != http.StatusOK {
			t.Errorf("got %d", got.status)
		}
		s.End(runs.Outcome{})
	})
}

func TestLiveHasRoomForSoManyReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		for range 56 {
			s.stuck(t)
		}
		synctest.Wait()
		if got := s.get(t, "GET", "/events", nil); got.status != http.StatusServiceUnavailable {
			t.Errorf("got %d", got.status)
		}
		s.End(runs.Outcome{})
	})
}

// Only who asks for this machine by its own name, and not for another site, is
// told anything; and nobody can ask for anything to happen.
func TestLiveIsForThisMachineOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		for _, c := range []struct {
			method  string
			headers map[string]string
			want    int
		}{
			{"GET", map[string]string{"Host": "127.0.0.1:8080"}, 200},
			{"GET", map[string]string{"Host": "[::1]:8080"}, 200},
			{"GET", map[string]string{"Host": "localhost"}, 200},
			{"HEAD", map[string]string{"Host": "localhost:9000"}, 200},
			{"GET", map[string]string{"Host": "rebound.example.com:8080"}, 403},
			{"GET", map[string]string{"Host": "127.0.0.1.example.com"}, 403},
			{"GET", map[string]string{"Host": "192.168.1.7:8080"}, 403},
			{"GET", map[string]string{"Host": "localhost:8080", "Origin": "http://localhost:8080"}, 200},
			{"GET", map[string]string{"Host": "localhost:8080", "Origin": "http://localhost:3000"}, 403},
			{"GET", map[string]string{"Host": "localhost:8080", "Origin": "https://example.com"}, 403},
			{"GET", map[string]string{"Host": "localhost:8080", "Origin": "null"}, 403},
			{"GET", map[string]string{"Host": "localhost", "Sec-Fetch-Site": "same-origin"}, 200},
			{"GET", map[string]string{"Host": "localhost", "Sec-Fetch-Site": "none"}, 200},
			{"GET", map[string]string{"Host": "localhost", "Sec-Fetch-Site": "cross-site"}, 403},
			{"GET", map[string]string{"Host": "localhost", "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403},
			{"GET", map[string]string{"Host": "localhost", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200},
			{"GET", map[string]string{"Host": "localhost", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403},
			{"POST", map[string]string{"Host": "localhost"}, 405},
			{"DELETE", map[string]string{"Host": "localhost"}, 405},
		} {
			for _, path := range []string{"/", "/state.json", "/metrics", "/healthz"} {
				got := s.get(t, c.method, path, c.headers)
				if got.status != c.want {
					t.Errorf("%s %s %v: %d", c.method, path, c.headers, got.status)
				}
				h := got.header
				if h.Get("Cache-Control") != "no-store" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; ") ||
					h.Get("Access-Control-Allow-Origin") != "" || h.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("%s: headers %v", path, h)
				}
				if c.want == 403 && strings.Contains(got.body, "rows") {
					t.Errorf("%s %v: told %s", path, c.headers, got.body)
				}
			}
		}
		if got := s.get(t, "GET", "/../state", map[string]string{"Host": "localhost"}); got.status != 404 {
			t.Errorf("another path: %d", got.status)
		}
		s.End(runs.Outcome{})
	})
}

// A reading between rows is over when a row ends, or a wave begins or ends.
func TestLiveReadsBetweenRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.Listen(event.Started{At: time.Now(), Rows: 3})
		for _, e := range []event.Event{watchtest.Update(1, result.Updated), event.WaveStarted{}, event.WaveEnded{}} {
			s.Listen(event.ReadingTold{})
			if got := s.get(t, "GET", "/state.json", map[string]string{"Host": "localhost"}).body; !strings.Contains(got, `"reading":true`) {
				t.Errorf("while reading: %s", got)
			}
			s.Listen(e)
			if got := s.get(t, "GET", "/state.json", map[string]string{"Host": "localhost"}).body; strings.Contains(got, `"reading":true`) {
				t.Errorf("after %T: %s", e, got)
			}
		}
		s.End(runs.Outcome{})
	})
}

// The state has the word of ctl, and its reason.
func TestLiveHasTheWordOfCtl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		local := map[string]string{"Host": "localhost"}
		for _, c := range []struct {
			told event.Event
			want string
		}{
			{event.Began{At: time.Now()}, `"phase":"starting"`},
			{event.ReadingTold{}, `"phase":"reading"`},
			{event.PlanMade{Plan: &plan.Plan{}}, `"phase":"reading"`},
			{event.Asking{Why: "whether to send"}, `"phase":"asking","since":"` + time.Now().UTC().Format(time.RFC3339) + `","why":"whether to send"`},
			{event.Started{At: time.Now(), Rows: 3}, `"phase":"sending"`},
			{event.Held{Name: "pause by ada", Since: time.Now(), Why: "paused by ada"}, `"phase":"paused"`},
			{event.Held{Name: "pause by ada", Since: time.Now(), Over: true}, `"phase":"sending"`},
			{event.Held{Since: time.Now(), Why: "the gate"}, `"phase":"held"`},
			{event.Stopping{Stop: result.Stop{Reason: result.StoppedByOutage}}, `"phase":"stopping"`},
			{event.Ended{At: time.Now()}, `"phase":"ended"`},
		} {
			s.Listen(c.told)
			if got := s.get(t, "GET", "/state.json", local).body; !strings.Contains(got, c.want) {
				t.Errorf("after %T: %s, want %s", c.told, got, c.want)
			}
		}
		s.End(runs.Outcome{})
	})
}

func TestLiveServesItsParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		for _, e := range watchtest.Events() {
			s.Listen(e)
		}
		local := map[string]string{"Host": "localhost"}
		for path, want := range map[string][2]string{
			"/":           {"text/html; charset=utf-8", "<p>rows, page 1</p>"},
			"/healthz":    {"text/plain; charset=utf-8", "ok"},
			"/metrics":    {"text/plain; version=0.0.4; charset=utf-8; escaping=underscores", "bulknum_running"},
			"/state.json": {"application/json", `"phase":"ended"`},
		} {
			got := s.get(t, "GET", path, local)
			if got.header.Get("Content-Type") != want[0] || !strings.Contains(got.body, want[1]) {
				t.Errorf("%s: %s: %.200s", path, got.header.Get("Content-Type"), got.body)
			}
		}
		s.End(runs.Outcome{})
	})
}
