package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/page"
	"github.com/bulknum/bulknum/report/watch/access"
	"github.com/bulknum/bulknum/report/watch/live"
	"github.com/bulknum/bulknum/report/watch/metrics"
)

// show is a run that is watched, in which rows are answered when the test says so.
type show struct {
	live    *live.Live
	address string
	answers chan struct{} // has one for each row that may be answered
	config  batch.Config
	ended   chan *runs.Summary
	network *network
}

// network is a listener whose connections can all be cut.
type network struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

// Accept is of [net.Listener].
func (n *network) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns = append(n.conns, conn)
	return conn, err
}

// cut is what is seen of a server that is killed.
func (n *network) cut() {
	n.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, conn := range n.conns {
		if conn != nil {
			conn.Close()
		}
	}
}

// stage makes a run of so many rows, and serves its page.
func stage(t *testing.T, rows int) *show {
	t.Helper()
	s := &show{answers: make(chan struct{}, rows), ended: make(chan *runs.Summary, 1)}
	server, err := sandbox.New(sandbox.Config{Seed: 3, Judge: refuseSome})
	if err != nil {
		t.Fatal(err)
	}
	api := unpaced(t, s.held(server))
	var input strings.Builder
	input.WriteString("Number,MessageRouteId,CnamLastName\n")
	for i := range rows {
		last := ""
		if i%20 == 9 {
			last = refusedName
		}
		fmt.Fprintf(&input, "+1801%07d,MRID-%d,%s\n", 5_550_000+i, i%7, last)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = "http://" + listener.Addr().String()
	s.network = &network{Listener: listener}
	run := control.New()
	s.live = live.Serve(s.network, access.Token{}, live.Page{Policy: page.LivePolicy(), Place: page.ReaderPlace, Write: func(ctx context.Context, w io.Writer) error {
		return page.Live(ctx, w, runs.Folder{Store: s.config.Store, Dir: s.config.RunsDir}, run.Status(time.Now()))
	}}, run.Status, metrics.New("rows", "", run.Status))
	runsDir := memory(t)
	s.config = batch.Config{
		Access:      batch.Access{Reader: api.Reader, Client: api, Account: "DID-4711", API: "https://api.telegent.com", Rate: client.Unlimited},
		File:        batch.File{Source: strings.NewReader(input.String()), SourceName: "rows.csv"},
		Options:     send.Options{Workers: 1, MaxFailures: plan.Limit{Share: 1}}, // so rows are answered in their order
		PlanOptions: runs.PlanOptions{All: true},
		Store:       opened(t, runsDir), RunsDir: runsDir, Job: "watched",
		Control:   run,
		Listeners: []event.Listener{func(e event.Event) { s.live.Listen(e) }},
	}
	return s
}

// held answers an update only when it may.
func (s *show) held(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/update") {
			<-s.answers
		}
		h.ServeHTTP(w, r)
	})
}

// play lets the run go, to its end.
func (s *show) play(t *testing.T) {
	t.Helper()
	go func() {
		defer close(s.ended)
		run, err := batch.Apply(t.Context(), s.config)
		if err != nil {
			t.Error(err)
			return
		}
		summary, err := files.Finish(t.Context(), run)
		if err != nil {
			t.Error(err)
		}
		s.live.End(runs.Outcome{At: time.Now(), Summary: summary})
		s.ended <- summary
	}()
}

// answer lets so many rows be answered.
func (s *show) answer(n int) {
	for range n {
		s.answers <- struct{}{}
	}
}

// until waits until an expression in the page is true. It looks by the clock: a busy
// browser may draw no frame for long.
func (b *tab) until(expression string) {
	b.t.Helper()
	const wait = `new Promise(done => {
		const end = performance.now() + 30000;
		const look = () => {
			const is = Boolean(%s);
			if (is || performance.now() > end) done(is); else setTimeout(look, 20);
		};
		look();
	})`
	if !value[bool](b, fmt.Sprintf(wait, expression)) {
		const shown = `[document.visibilityState, ...["link", "phase", "found", "statuses"].map(id => id + ": " + document.getElementById(id)?.innerText)].join("\n")`
		b.t.Fatalf("it is never so that %s\n%s", expression, value[string](b, shown))
	}
}

// A run is watched on its own page: rows come as they are answered, what a person
// has set stays, and in the end the page is that of the summary, and stays.
func TestLive(t *testing.T) {
	s := stage(t, 200)
	b := browse(t, s.address)
	b.forgive("ERR_CONNECTION_REFUSED") // the page may ask for a newer one as the server goes
	b.until(`document.getElementById("link").textContent.startsWith("Live")`)
	if title := value[string](b, "document.querySelector('h1').innerText"); title != "The run begins" {
		t.Errorf("before there is a run: %q", title)
	}
	s.play(t)
	b.until(`document.getElementById("found").textContent === "200 rows"`)
	// A person looks for some rows, and opens one.
	b.search("+18015550")
	b.do(chromedp.Focus(chromedp.CSS("#body .more")))
	b.press(kb.Enter)
	b.do(chromedp.Focus(chromedp.CSS("#search")))
	at := time.Now()
	s.answer(3)
	b.until(`document.querySelectorAll("#body .status.updated").length === 3`)
	t.Logf("three rows are shown %s after their answers were sent", time.Since(at).Round(time.Millisecond))
	// One chooses a status; more are answered.
	b.click(`#statuses input[value="updated"]`)
	b.do(chromedp.Focus(chromedp.CSS("#search")))
	s.answer(9)
	b.until(`document.getElementById("found").textContent === "11 of 200 rows"`)
	b.until(`document.querySelector('#tally .failed')?.parentElement.textContent === "failed 1"`)
	b.fits(t)
	s.answer(200)
	b.until(`document.getElementById("link").textContent.includes("complete")`)
	summary := <-s.ended
	if got, want := b.found(), fmt.Sprintf("%d of 200 rows", summary.Counts[result.Updated]); got != want {
		t.Errorf("in the end %q, want %q", got, want)
	}
	b.wantsKept(t)
	b.click(`#statuses input[value="updated"]`)
	b.empty()
	for _, status := range []result.Status{result.Updated, result.Failed} {
		want := fmt.Sprintf("%s %d", status, summary.Counts[status])
		for _, place := range []string{"#statuses label", "#tally .count"} {
			if !value[bool](b, fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.textContent.trim() === %q)`, place, want)) {
				t.Errorf("%s does not say %s", place, want)
			}
		}
	}
	b.says(t, "h1", "Finished: 10 of 200 rows are not in sync")
	b.says(t, "#phase", "ended")
	b.says(t, "#figures .figure:nth-child(2) .value", "190")
	b.search("not allowed")
	if got := b.found(); got != "10 of 200 rows" {
		t.Errorf("when the server has gone, a search finds %q", got)
	}
}

// The headline of a page says what the box above it says, at once, also where the page that was loaded is older.
func TestLiveHeadline(t *testing.T) {
	s := stage(t, 20)
	b := browse(t, s.address)
	b.forgive("ERR_CONNECTION_REFUSED") // the page may ask for a newer one as the server goes
	s.play(t)
	s.answer(5)
	b.until(`document.querySelector('#tally .updated')?.parentElement.textContent === "updated 5"`)
	paused := make(chan error, 1)
	go func() { paused <- s.config.Control.Pause(t.Context(), "alice") }()
	for range 2 {
		b.until(`document.getElementById("phase").textContent === "paused"`)
		b.says(t, "h1", "Paused by alice")
		if wait := value[string](b, `document.getElementById("wait").textContent`); !strings.HasPrefix(wait, "Paused by alice, since ") {
			t.Errorf("the box above says %q", wait)
		}
		b.reload()
	}
	s.answer(1) // what is under way
	if err := <-paused; err != nil {
		t.Fatal(err)
	}
	if err := s.config.Control.Continue("alice", ""); err != nil {
		t.Fatal(err)
	}
	b.until(`document.getElementById("phase").textContent === "sending"`)
	b.says(t, "h1", "Sending: rows are still to be sent")
	s.answer(14)
	<-s.ended
	b.until(`document.getElementById("link").textContent.includes("complete")`)
	b.says(t, "h1", "Finished: 1 of 20 rows is not in sync")
}

// fits wants the page to fit windows of all widths, and keeps pictures.
func (b *tab) fits(t *testing.T) {
	t.Helper()
	for _, width := range []int64{320, 1280, 1920} {
		b.do(chromedp.EmulateViewport(width, 900))
		b.wantWhole(t, width)
		if keeps() {
			keep(t, fmt.Sprintf("%d.png", width), get(b, chromedp.FullScreenshot(100)))
		}
	}
}

// When the command is killed, the page says that what it shows is old, and can
// still be used.
func TestLiveWithoutAnEnd(t *testing.T) {
	s := stage(t, 60)
	b := browse(t, s.address)
	s.play(t)
	s.answer(25)
	b.until(`[...document.querySelectorAll("#statuses label")].some(e => e.textContent.trim() === "failed 1")`)
	s.network.cut()
	b.until(`document.getElementById("link").textContent.startsWith("The connection is lost")`)
	b.click(`#statuses input[value="failed"]`)
	if got := b.found(); got != "1 of 60 rows" {
		t.Errorf("a filter finds %q", got)
	}
	// What is cut may be the page.
	b.forgive("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONTENT_LENGTH_MISMATCH")
	s.answer(35)
	<-s.ended
}

// A page that nobody looks at asks for no newer one, and does as soon as somebody looks.
func TestLiveLookedAtAgain(t *testing.T) {
	s := stage(t, 20)
	b := browse(t, s.address)
	b.forgive("ERR_CONNECTION_REFUSED") // the page may ask for a newer one as the server goes
	b.until(`document.getElementById("link").textContent.startsWith("Live")`)
	const unseen = `Object.defineProperty(document, "hidden", { configurable: true, get: () => %t }) === document`
	value[bool](b, fmt.Sprintf(unseen, true))
	s.play(t)
	s.answer(5)
	b.until(`document.querySelector('#tally .updated')?.parentElement.textContent === "updated 5"`)
	if got := b.found(); got != "0 rows" {
		t.Errorf("a page that nobody looks at has %q", got)
	}
	value[bool](b, fmt.Sprintf(unseen, false))
	const looks = `(() => {
		const before = window.fetch;
		let asked = 0;
		window.fetch = (...what) => { asked++; return before(...what); };
		document.dispatchEvent(new Event("visibilitychange"));
		return asked;
	})()`
	if got := value[int64](b, looks); got != 1 {
		t.Errorf("who looks again has the page asked for %d times", got)
	}
	b.until(`document.getElementById("found").textContent === "20 rows"`)
	s.answer(15)
	<-s.ended
	b.until(`document.getElementById("link").textContent.includes("complete")`)
}

// wantsKept wants what was set before newer parts came.
func (b *tab) wantsKept(t *testing.T) {
	t.Helper()
	for _, kept := range []string{
		`document.getElementById("search").value === "+18015550"`,
		`document.activeElement.id === "search"`,
		`document.querySelector('#statuses input[value="updated"]').checked`,
		`document.querySelectorAll("#body .detail").length === 1`,
	} {
		if !value[bool](b, kept) {
			t.Errorf("after newer parts came, it is not so that %s", kept)
		}
	}
}

// says wants an element to have a text.
func (b *tab) says(t *testing.T, selector, want string) {
	t.Helper()
	if got := value[string](b, fmt.Sprintf(`document.querySelector(%q).innerText`, selector)); got != want {
		t.Errorf("%s is %q, want %q", selector, got, want)
	}
}
