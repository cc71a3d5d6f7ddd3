package e2e_test

import (
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A number is found among 5,000 at a keystroke, however it is written; rows stand by their kind of change; and what was
// found is saved as CSV.
func TestSelection(t *testing.T) {
	b := open(t, night(5_000).folder(t))
	value[bool](b, `document.activeElement.blur() === undefined`)
	b.press("/")
	if id := value[string](b, "document.activeElement.id"); id != "search" {
		t.Errorf("/ leads to %q", id)
	}
	b.empty() // the driver sends the character by itself, as no keyboard does
	number := value[string](b, `document.querySelectorAll("#body tr.row td.number code")[7].textContent`)
	written := number[:2] + " (" + number[2:5] + ") " + number[5:8] + "-" + number[8:]
	began := time.Now()
	b.do(chromedp.SendKeys(chromedp.CSS("#search"), written))
	if got := b.cells(2); !slices.Equal(got, []string{number}) {
		t.Errorf("for %s: %v", written, got)
	}
	t.Logf("%s typed and found in %s", written, time.Since(began))
	b.empty()

	value[bool](b, `(s => { s.value = "shape"; return s.dispatchEvent(new Event("change", {bubbles: true})) })(document.getElementById("sort"))`)
	heads := value[[]string](b, `[...document.querySelectorAll("#body tr.group")].map(r => r.innerText.trim())`)
	if len(heads) == 0 || !strings.Contains(heads[0], " row") || !strings.Contains(heads[0], ": ") {
		t.Errorf("the rows stand under %q", heads)
	}
	if first := value[bool](b, `document.querySelector("#body tr").classList.contains("group")`); !first {
		t.Error("the first line is no head")
	}

	b.click(`#statuses input[value="failed"]`)
	value[bool](b, `(make => { URL.createObjectURL = blob => { blob.text().then(t => { window.saved = t }); return make.call(URL, blob) }; return true })(URL.createObjectURL)`)
	b.click("#save")
	saved := ""
	for range 100 {
		if saved = value[string](b, `window.saved || ""`); saved != "" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	records, err := csv.NewReader(strings.NewReader(saved)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Row", "Line", "Number", "Status", "UpdateOrderId", "Changes", "Error"}; !slices.Equal(records[0], want) {
		t.Errorf("the columns are %v", records[0])
	}
	count, _, _ := strings.Cut(b.found(), " ")
	if n := strings.ReplaceAll(count, ",", ""); len(records) < 2 || n != strconv.Itoa(len(records)-1) {
		t.Errorf("%d rows are saved of %s", len(records)-1, b.found())
	}
	for _, record := range records[1:] {
		if record[3] != "failed" || strings.HasPrefix(record[6], "=") {
			t.Errorf("%q", record)
		}
	}
}
