package e2e_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bulknum/bulknum/client/sandbox"
)

// The page of a cutover that went well, as the README shows it (make picture).
func TestPicture(t *testing.T) {
	cutover := scene{rows: 1_842, waves: "10,25%,100%", calm: true, fake: sandbox.Config{
		Seed: 7, Numbers: 2_000, PageSize: 500,
		Faults: sandbox.Faults{Rates: map[sandbox.Fault]float64{sandbox.Fault429: .002, sandbox.Fault503: .001}},
	}}
	b := open(t, cutover.folder(t))
	b.do(chromedp.EmulateViewport(1280, 1500))
	b.in("light")
	if title := value[string](b, "document.querySelector('h1').textContent"); !strings.Contains(title, "every row is in sync") {
		t.Errorf("it is a page of %q", title)
	}
	keep(t, "cutover.png", get(b, chromedp.CaptureScreenshot()))
}
