package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/watch/access"
	"github.com/bulknum/bulknum/report/watch/live"
	"github.com/bulknum/bulknum/report/watch/metrics"
)

// trap is a server that counts who asks it for something.
type trap struct {
	*httptest.Server
	asked atomic.Int32
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	p := &trap{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { p.asked.Add(1) }))
	t.Cleanup(p.Close)
	return p
}

// value is a text that runs and asks the trap wherever it is taken for markup, as an attribute, a style or a script.
func (p *trap) value() string {
	const run = "window.ran=1;fetch('%[1]s/f')"
	return fmt.Sprintf(`*/--></title></style></script></textarea><script>`+run+`</script>"'`+"`"+` onmouseover=`+run+` autofocus onfocus=`+run+` x="`+
		`<img src=%[1]s/i onerror=`+run+`><svg onload=`+run+`></svg><style>@import url(%[1]s/s);*{background:url(%[1]s/b)}</style>`+
		`<link rel=stylesheet href=%[1]s/l><iframe src=%[1]s/i srcdoc="<script>`+run+`</script>"></iframe><b>bold</b>`+
		`<meta http-equiv=refresh content="0;url=%[1]s/r"><base href=%[1]s/><form action=%[1]s/o><button>x</button></form>`+
		`javascript:`+run+` url(%[1]s/u) ${`+run+`} {{.}} \u003cb\u003e`, p.URL)
}

// fill gives each text within a value a text, and whatever else there is something.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		v.SetInt(2)
	case reflect.Float64:
		v.SetFloat(2)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), text)
	case reflect.Map:
		key, of := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, text)
		fill(of, text)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, of)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Now()))
			return
		}
		for _, field := range v.Fields() {
			if field.CanSet() {
				fill(field, text)
			}
		}
	}
}

// write writes a page all of whose texts are hostile.
func (p *trap) write(w io.Writer, goesOn bool) error {
	var page html.Page
	fill(reflect.ValueOf(&page).Elem(), p.value())
	page.Live = goesOn
	return html.Write(w, page, func(yield func(html.Row, error) bool) {
		var row html.Row
		fill(reflect.ValueOf(&row).Elem(), p.value())
		yield(row, nil)
	})
}

// wantsHarmless wants a page to show its texts as texts, whatever is done on it, and to have asked nobody.
func (p *trap) wantsHarmless(t *testing.T, b *tab) {
	t.Helper()
	b.search("<B>BOLD</B>")
	if got := b.found(); got != "1 row" {
		t.Errorf("a search for its text finds %q", got)
	}
	b.click("#body .more")
	value[bool](b, `window.dispatchEvent(new Event("beforeprint"))`)
	value[bool](b, `window.dispatchEvent(new Event("afterprint"))`)
	value[bool](b, `[...document.querySelectorAll("*")].forEach(e => e.dispatchEvent(new MouseEvent("mouseover"))) === undefined`)
	for _, part := range []string{"h1", "#details", "#figures", "#next-steps", "#body .detail", "#body .error", ".changes .new"} {
		if !value[bool](b, fmt.Sprintf(`document.querySelector(%q).textContent.includes("<b>bold</b>")`, part)) {
			t.Errorf("%s does not show the text", part)
		}
	}
	const made = `document.querySelectorAll("b, img, iframe, base, form:not(#controls), style:not(head > style), link[rel=stylesheet], meta[http-equiv=refresh], [onload], [onerror], [onfocus], [onmouseover]").length`
	if n := value[int](b, made); n != 0 {
		t.Errorf("%d elements or handlers came out of texts", n)
	}
	if value[bool](b, `window.ran !== undefined`) {
		t.Error("a text ran as a script")
	}
	if n := p.asked.Load(); n != 0 {
		t.Errorf("%d requests left", n)
	}
}

// Whatever a text of a report is, in whatever place, nothing of it runs, and no request leaves.
func TestHostileTextsOfAReport(t *testing.T) {
	p := newTrap(t)
	path := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.write(f, false); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p.wantsHarmless(t, browse(t, "file://"+path))
}

// So it is on the live page, with what the run tells as it goes.
func TestHostileTextsOfALiveRun(t *testing.T) {
	p := newTrap(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	status := func(time.Time) *control.Status {
		var s control.Status
		fill(reflect.ValueOf(&s).Elem(), p.value())
		return &s
	}
	served := live.Serve(listener, access.Token{}, live.Page{Policy: html.Policy(true), Place: html.ReaderPlace, Write: func(_ context.Context, w io.Writer) error {
		return p.write(w, true)
	}}, status, metrics.New("rows", "", control.New().Status))
	defer served.End(runs.Outcome{})
	b := browse(t, "http://"+listener.Addr().String())
	b.forgive("ERR_CONNECTION_REFUSED")
	b.until(`document.getElementById("link").textContent.startsWith("Live")`)
	var answered result.Result
	fill(reflect.ValueOf(&answered).Elem(), p.value())
	served.Listen(event.Finished{Result: answered})
	for _, part := range []string{"phase", "recent", "failures", "wait", "tally"} {
		b.until(fmt.Sprintf(`document.getElementById(%q).textContent.includes("<b>bold</b>")`, part))
	}
	if title := value[string](b, "document.title"); !strings.Contains(title, "<b>bold</b>") {
		t.Errorf("the title is %q", title)
	}
	p.wantsHarmless(t, b)
}
