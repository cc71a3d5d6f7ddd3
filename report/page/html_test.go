package page_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	stdhtml "html"
	"iter"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/page/html"
)

// hostile are values that would be markup, or the end of a script, if they were
// not escaped.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</script><b>`, `<!--`, `&lt;&amp;`, "line\u2028paragraph\u2029", `{{.}}`, `\u003c`, "\x00\xff",
}

// hostilePage is a page with a hostile value wherever there can be one.
func hostilePage(value string) html.Page {
	table := html.Table{Title: value, Note: value, Columns: []html.Column{{Name: value}}, Lines: [][]string{{value}}}
	return html.Page{
		Kind: "Run", Name: value, Headline: value, Tone: html.Good, Lead: []string{value},
		Figures:  []html.Figure{{Label: value, Value: value, Note: value}},
		Next:     []html.Command{{Label: value, Line: value}},
		Tables:   []html.Table{table},
		Charts:   []html.Chart{{Title: value, Caption: value, Legend: []html.Key{{Class: "main", Name: value}}, Numbers: table}},
		Facts:    []html.Fact{{Label: value, Lines: []string{value}}},
		Rows:     1,
		Only:     value,
		Statuses: []string{value}, Urgent: []string{value},
		CSV: value, MadeAt: value,
	}
}

// row is a row with a value wherever there can be one.
func row(n int, value string) html.Row {
	return html.Row{
		Result: result.Result{
			Row: n, Line: n + 1, Number: fmt.Sprintf("+1801%07d", n), Status: result.Failed,
			UpdateOrderId: value, UpdateOrderStatus: value, UpdateOrderDate: value, HTTPStatus: 400, Attempts: 2,
			Error: value, StartedAt: time.UnixMilli(1_795_000_000_000), DurationMs: 83,
		},
		Changes: []settings.Change{{Field: "CnamLastName", Old: value, New: value}, {Field: "ProductType", New: value, WriteOnly: true}},
		Shape:   settings.Shape(value),
		Tries:   []html.Try{{At: time.UnixMilli(1_795_000_000_000), DurationMs: 20, HTTPStatus: 500, Error: value}},
	}
}

// rows gives so many rows.
func rows(n int, of func(int) html.Row) iter.Seq2[html.Row, error] {
	return func(yield func(html.Row, error) bool) {
		for i := range n {
			if !yield(of(i+1), nil) {
				return
			}
		}
	}
}

func written(t *testing.T, p html.Page, rows iter.Seq2[html.Row, error]) string {
	t.Helper()
	var b bytes.Buffer
	if err := html.Write(&b, p, rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// between is what stands between two texts, the first time.
func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, before)
	inside, _, ended := strings.Cut(rest, after)
	if !found || !ended {
		t.Fatalf("nothing between %s and %s", before, after)
	}
	return inside
}

func TestEveryValueIsEscaped(t *testing.T) {
	plain := written(t, hostilePage("plain"), rows(1, func(n int) html.Row { return row(n, "plain") }))
	for _, value := range hostile {
		t.Run(value, func(t *testing.T) {
			text := written(t, hostilePage(value), rows(1, func(n int) html.Row { return row(n, value) }))
			for _, mark := range []string{"<script", "</script", "<img", "<b>", "<!--", "<"} {
				if got, want := strings.Count(text, mark), strings.Count(plain, mark); got != want {
					t.Errorf("%d times %q, want %d", got, mark, want)
				}
			}
			data := between(t, text, `id="data">`, "</script>")
			if i := strings.IndexAny(data, "<>&\u2028\u2029"); i >= 0 {
				t.Errorf("the data is not escaped at %q", data[i:])
			}
			var told struct {
				Words []string            `json:"words"`
				Rows  [][]json.RawMessage `json:"rows"`
			}
			if err := json.Unmarshal([]byte(data), &told); err != nil {
				t.Fatal(err)
			}
			if want := strings.ToValidUTF8(value, "\ufffd"); !strings.Contains(strings.Join(told.Words, "|"), want) {
				t.Errorf("%q is not among %q", want, told.Words)
			}
		})
	}
}

// The policy allows the page's own style and script, by their hashes, and
// nothing else can run: no handlers in attributes, no styles in them.
func TestThePolicyFitsThePage(t *testing.T) {
	text := written(t, hostilePage("plain"), rows(1, func(n int) html.Row { return row(n, "plain") }))
	policy := stdhtml.UnescapeString(between(t, text, `Content-Security-Policy" content="`, `"`))
	for directive, content := range map[string]string{
		"style-src":  between(t, text, "<style>", "</style>"),
		"script-src": between(t, text, "<script>", "</script>"),
	} {
		sum := sha256.Sum256([]byte(content))
		if want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, want) {
			t.Errorf("%s is not in %s", want, policy)
		}
	}
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%s is not in %s", want, policy)
		}
	}
	markup := strings.Replace(text, between(t, text, "<script>", "</script>"), "", 1)
	for _, bad := range []string{" style=", " onclick=", " onload=", "unsafe", "http:", "https:", "src="} {
		if strings.Contains(markup, bad) {
			t.Errorf("%q is in the page", bad)
		}
	}
}

// What many rows say is said once.
func TestRowsAreCompact(t *testing.T) {
	one := len(written(t, hostilePage("x"), rows(1, sent)))
	many := len(written(t, hostilePage("x"), rows(10_001, sent)))
	if perRow := (many - one) / 10_000; perRow > 150 {
		t.Errorf("%d bytes a row", perRow)
	}
}

// sent is a row as most are.
func sent(n int) html.Row {
	return html.Row{
		Result: result.Result{
			Row: n, Line: n + 1, Number: fmt.Sprintf("+1801%07d", n), Status: result.Updated,
			UpdateOrderId: fmt.Sprintf("JNUOID-%08x-0b5f-4c3a-9d7e-%012x", n*7919, n*104729), UpdateOrderStatus: "Complete",
			UpdateOrderDate: "2026-11-24", HTTPStatus: 200, Attempts: 1,
			StartedAt: time.UnixMilli(1_795_000_000_000 + int64(n)*1250), DurationMs: int64(60 + n%97),
		},
		Changes: []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}},
		Shape:   "MessageRouteId MRID-a -> MRID-b",
	}
}

func TestAnErrorOfTheRowsIsReturned(t *testing.T) {
	broken := fmt.Errorf("broken")
	err := html.Write(&bytes.Buffer{}, hostilePage("x"), func(yield func(html.Row, error) bool) { yield(html.Row{}, broken) })
	if d := cmp.Diff(fmt.Sprint(broken), fmt.Sprint(err)); d != "" {
		t.Error(d)
	}
}

// A page is the same whether its rows were kept for it or are read for it; more rows than can be kept are not.
func TestKeptRows(t *testing.T) {
	page := hostilePage("x")
	for _, n := range []int{0, 1, 50} {
		var kept html.Kept
		for r := range rows(n, sent) {
			if !kept.Add(r) {
				t.Fatalf("row %d is not kept", r.Row)
			}
		}
		var b bytes.Buffer
		if err := kept.Write(&b, page); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(written(t, page, rows(n, sent)), b.String()); d != "" {
			t.Errorf("%d rows: %s", n, d)
		}
		if data := between(t, b.String(), `id="data">`, "</script>"); !json.Valid([]byte(data)) {
			t.Errorf("%d rows are no JSON: %s", n, data)
		}
	}
	var kept html.Kept
	most := 0
	for r := range rows(html.RowLimit, sent) {
		if !kept.Add(r) {
			break
		}
		most++
	}
	if most < 10_000 || most == html.RowLimit || kept.Add(sent(1)) {
		t.Errorf("%d rows are kept", most)
	}
}

func BenchmarkWrite(b *testing.B) {
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if err := html.Write(&out, hostilePage("x"), rows(10_000, sent)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(out.Len())/1e6, "MB")
}

// Text is read on each ground, in light and in dark: the contrast is what WCAG 2 asks for at level AA.
func TestTheContrastIsEnough(t *testing.T) {
	text := written(t, hostilePage("plain"), rows(1, func(n int) html.Row { return row(n, "plain") }))
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(text, -1)
	if len(blocks) != 2 {
		t.Fatalf("there are %d lists of colours", len(blocks))
	}
	for i, scheme := range []string{"light", "dark"} {
		colours := map[string]float64{}
		for _, c := range regexp.MustCompile(`--(\w+): #(\w{6});`).FindAllStringSubmatch(blocks[i][1], -1) {
			colours[c[1]] = luminance(t, c[2])
		}
		for _, ground := range []string{"ground", "raised"} {
			for _, ink := range []string{"text", "quiet", "link", "good", "warning", "bad"} {
				a, b := colours[ground], colours[ink]
				if contrast := (max(a, b) + .05) / (min(a, b) + .05); contrast < 4.5 {
					t.Errorf("in %s --%s on --%s has a contrast of %.1f", scheme, ink, ground, contrast)
				}
			}
		}
	}
}

// luminance is the relative one of a colour, as WCAG 2 defines it.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, share := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(colour[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			sum += share * c / 12.92
		} else {
			sum += share * math.Pow((c+.055)/1.055, 2.4)
		}
	}
	return sum
}
