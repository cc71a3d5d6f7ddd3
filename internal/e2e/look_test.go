package e2e_test

import (
	"bytes"
	"fmt"
	"image"
	_ "image/png" // what screenshots are
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A page is as wide as its window, on a telephone and on a desk, light and dark.
func TestLooks(t *testing.T) {
	for name, sc := range map[string]scene{
		"run":     night(300),
		"plan":    {rows: 300, plan: true, fake: night(300).fake},
		"stopped": {rows: 300, fake: night(300).fake, after: 3 * time.Minute},
		// Somebody changes numbers of a run in waves, which is then verified, and rolled back.
		"verified": {rows: 300, fake: night(300).fake, waves: "20,100", then: verified},
		"rollback": {rows: 300, fake: night(300).fake, then: rolledBack},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, sc.folder(t))
			for _, width := range []int64{320, 1280, 1920} {
				b.do(chromedp.EmulateViewport(width, 900))
				b.wantWhole(t, width)
				for _, scheme := range []string{"light", "dark"} {
					b.in(scheme)
					wantGround(t, get(b, chromedp.CaptureScreenshot()), scheme)
					if keeps() {
						keep(t, fmt.Sprintf("%d-%s.png", width, scheme), get(b, chromedp.FullScreenshot(100)))
					}
				}
			}
			b.wantChart(t)
			b.wantPaper(t)
		})
	}
}

// wantWhole wants the page to be as wide as its window, and nothing of its tables to be cut off or to stand a few
// letters to a line.
func (b *tab) wantWhole(t *testing.T, width int64) {
	t.Helper()
	if got := value[int64](b, "document.documentElement.scrollWidth"); got > width {
		t.Errorf("at %d the page is %d wide", width, got)
	}
	const cut = `[...document.querySelectorAll(".scroll:has(.stack)")].filter(e => e.scrollWidth > e.clientWidth).map(e => e.parentElement.id)`
	if got := value[[]string](b, cut); len(got) > 0 {
		t.Errorf("at %d these are cut off: %q", width, got)
	}
	const crushed = `[...document.querySelectorAll(".stack td")].filter(e => e.innerText.length > 20 && e.clientWidth < 100).map(e => e.innerText)`
	if got := value[[]string](b, crushed); len(got) > 0 {
		t.Errorf("at %d these are crushed: %q", width, got)
	}
	const broken = `[...document.querySelectorAll("td[data-label=Changes] .new")].filter(e => e.innerText.length < 50 && e.offsetHeight > 30).map(e => e.innerText)`
	if got := value[[]string](b, broken); width >= 1280 && len(got) > 0 {
		t.Errorf("at %d these ids are broken: %q", width, got)
	}
}

// wantGround wants a picture's corner to be light or dark.
func wantGround(t *testing.T, picture []byte, scheme string) {
	t.Helper()
	shot, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	r, g, b, _ := shot.At(2, 2).RGBA()
	if bright := (r+g+b)/3 > 0x8000; bright != (scheme == "light") {
		t.Errorf("in %s the ground is %x", scheme, r)
	}
}

// wantChart wants a chart to have other colours in light and in dark.
func (b *tab) wantChart(t *testing.T) {
	t.Helper()
	const bar = `getComputedStyle(document.querySelector("svg .main.shape, svg .main.line")).fill`
	b.in("light")
	light := value[string](b, bar)
	b.in("dark")
	if dark := value[string](b, bar); dark == light {
		t.Errorf("the chart is %s in light and in dark", dark)
	}
}

// wantPaper wants the page to print, on a handful of sheets and without what
// cannot be clicked on paper.
func (b *tab) wantPaper(t *testing.T) {
	t.Helper()
	document := get(b, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()))
	keep(t, "print.pdf", document)
	if !bytes.HasPrefix(document, []byte("%PDF-")) {
		t.Fatal("what is printed is no PDF")
	}
	if n := bytes.Count(document, []byte("/Type /Page\n")); n < 2 || n > 15 {
		t.Errorf("it takes %d sheets", n)
	}
	if got := len(b.cells(1)); got > 50 {
		t.Errorf("after printing, %d rows are shown", got)
	}
}
