package e2e_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bulknum/bulknum/client/sandbox"
)

// open opens the report of a folder.
func open(t *testing.T, folder string) *tab {
	t.Helper()
	return browse(t, "file://"+filepath.Join(folder, "report.html"))
}

// A run's page: trouble first, values as text, and everything that a person can
// do with the rows. Whatever the browser complains about fails the test.
func TestRun(t *testing.T) {
	b := open(t, night(600).folder(t))

	if title := value[string](b, "document.querySelector('h1').innerText"); !strings.Contains(title, "of 600 rows are not in sync") {
		t.Errorf("the headline is %q", title)
	}
	if got := b.found(); got != "600 rows" {
		t.Errorf("at first %q", got)
	}
	if first := b.cells(3)[0]; first != "failed" {
		t.Errorf("the first row is %s", first)
	}
	if got := b.cells(5)[0]; !strings.Contains(got, scripted) {
		t.Errorf("the error is %q", got)
	}
	if n := value[int](b, "document.querySelectorAll('main img, main script, main b').length"); n > 0 {
		t.Errorf("%d elements came out of values", n)
	}
	b.searches()
	b.filters()
	b.sorts()
	b.turns()
	b.copies()
	b.tellsMore()
}

// clear shows all rows again.
func (b *tab) clear() {
	b.t.Helper()
	b.empty()
	if got := b.found(); got != "600 rows" {
		b.t.Errorf("cleared: %q", got)
	}
}

func (b *tab) searches() {
	b.t.Helper()
	number := b.cells(2)[7]
	b.search(strings.TrimPrefix(number, "+"))
	if got := b.cells(2); !slices.Equal(got, []string{number}) {
		b.t.Errorf("for %s: %v", number, got)
	}
	b.search("ALERT(1)")
	if got := b.cells(5); len(got) == 0 || !strings.Contains(got[0], scripted) {
		b.t.Errorf("an error in other letters finds %v", got)
	}
	b.search("no such thing")
	if got := b.found(); got != "0 of 600 rows" {
		b.t.Errorf("nothing: %q", got)
	}
	b.clear()
}

func (b *tab) filters() {
	b.t.Helper()
	const failed = `#statuses input[value="failed"]`
	b.click(failed)
	if got := b.cells(3); len(got) == 0 || slices.ContainsFunc(got, func(s string) bool { return s != "failed" }) {
		b.t.Errorf("only failed: %v", got)
	}
	b.click(failed)
	choose := `(s => { s.selectedIndex = 1; s.dispatchEvent(new Event("change", {bubbles: true})); return s.options[1].text })(document.getElementById("shape"))`
	rarest := value[string](b, choose)
	count, _, _ := strings.Cut(rarest, " ")
	if got := b.found(); got != count+" of 600 rows" {
		b.t.Errorf("%s: %q", rarest, got)
	}
	value[bool](b, `(s => { s.selectedIndex = 0; return s.dispatchEvent(new Event("change", {bubbles: true})) })(document.getElementById("shape"))`)
	b.clear()
}

func (b *tab) sorts() {
	b.t.Helper()
	b.click(`th button[data-sort="number"]`)
	up := b.cells(2)
	if !slices.IsSorted(up) {
		b.t.Errorf("by number: %v", up)
	}
	b.click(`th button[data-sort="number"]`)
	if down := b.cells(2); down[0] <= up[0] {
		b.t.Errorf("the other way round: %v", down)
	}
	if got := value[string](b, `document.querySelector('#list th:nth-child(2)').getAttribute("aria-sort")`); got != "descending" {
		b.t.Errorf("told as %q", got)
	}
	b.click(`th button[data-sort="row"]`)
}

func (b *tab) turns() {
	b.t.Helper()
	b.click("#next")
	if got := b.cells(1)[0]; got != "52 (51)" {
		b.t.Errorf("page 2 begins with row %s", got)
	}
	b.click("#last")
	if got := b.cells(1); got[len(got)-1] != "601 (600)" {
		b.t.Errorf("the last page ends with row %v", got)
	}
	b.click("#first")
}

func (b *tab) copies() {
	b.t.Helper()
	id := value[string](b, `document.querySelector("#body .order code").textContent`)
	b.click("#body .order .copy")
	b.do(chromedp.WaitVisible(chromedp.Search(`//button[.="Copied"]`)))
	if got := b.pasted(); got != id {
		b.t.Errorf("copied %q, want %q", got, id)
	}
	if got := b.found(); got != "1 of 600 rows" {
		b.t.Errorf("the copied order id finds %q", got)
	}
	b.clear()
	command := value[string](b, `document.querySelector(".next code").textContent`)
	b.click(".next .copy")
	b.do(chromedp.WaitVisible(chromedp.Search(`//section[@class="next"]//button[.="Copied"]`)))
	if got := b.pasted(); got != command || !strings.HasPrefix(got, "bulknum resume ") {
		b.t.Errorf("copied %q, want %q", got, command)
	}
	b.clear()
}

// A row that was tried more than once tells of each attempt.
func (b *tab) tellsMore() {
	b.t.Helper()
	b.search("status 500")
	if len(b.cells(1)) == 0 {
		b.t.Fatal("no row met a 500")
	}
	b.do(chromedp.Focus(chromedp.CSS("#body .more")))
	b.press(kb.Enter)
	attempts := value[string](b, `document.querySelector("#body .detail .plain").innerText`)
	if !strings.Contains(attempts, "HTTP 500") || !strings.Contains(attempts, "HTTP 200") {
		b.t.Errorf("the attempts are %q", attempts)
	}
	b.press(kb.Enter)
	if n := value[int](b, `document.querySelectorAll("#body .detail").length`); n != 0 {
		b.t.Error("it does not close again")
	}
	b.clear()
}

// Everything can be reached and done with the keyboard alone.
func TestKeyboard(t *testing.T) {
	b := open(t, night(120).folder(t))
	reached := map[string]bool{}
	for range 60 {
		b.press(kb.Tab)
		reached[value[string](b, `(e => e.id || e.dataset?.sort || e.value || e.textContent)(document.activeElement)`)] = true
	}
	for _, want := range []string{"search", "sort", "failed", "row", "number", "More", "Copy"} {
		if !reached[want] {
			t.Errorf("%s is not reached by the tab key", want)
		}
	}
	b.do(chromedp.Focus(chromedp.CSS(`#statuses input[value="failed"]`)))
	b.press(" ")
	if got := b.cells(3); len(got) == 0 || got[0] != "failed" || got[len(got)-1] != "failed" {
		t.Errorf("the space bar filters to %v", got)
	}
	b.do(chromedp.Focus(chromedp.CSS(`th button[data-sort="row"]`)))
	b.press(kb.Enter)
	if got := value[string](b, `document.getElementById("sort").value`); got != "row" {
		t.Errorf("the enter key sorts by %s", got)
	}
	if outline := value[string](b, `getComputedStyle(document.activeElement).outlineStyle`); outline != "solid" {
		t.Errorf("the focus is not seen: outline %s", outline)
	}
}

// A plan's page shows the change that only one row of 2,000 would make first, and is
// printed with all changes: a kind is one line with its numbers.
func TestPlanShowsTheRarestChange(t *testing.T) {
	b := open(t, scene{rows: 2_000, plan: true, odd: true, fake: sandbox.Config{Seed: 7, Numbers: 2_000}}.folder(t))
	if row, change := b.cells(1)[0], b.cells(4)[0]; row != "1,902 (1,901)" || !strings.Contains(change, "VoiceEnabled") {
		t.Errorf("the first row is %s: %s", row, change)
	}
	number := b.cells(2)[0]
	kinds := value[[]string](b, `[...document.querySelectorAll("#table-changes tbody tr")].map(r => r.innerText)`)
	if len(kinds) < 2 || !strings.Contains(kinds[0], number) || !strings.Contains(kinds[len(kinds)-1], "more") {
		t.Errorf("the changes are %q, without %s at first", kinds, number)
	}
	value[bool](b, `window.dispatchEvent(new Event("beforeprint"))`)
	printed := value[[]string](b, `[...document.querySelectorAll("#body tr")].map(r => r.innerText)`)
	changed := value[int](b, `JSON.parse(document.getElementById("data").textContent).rows.filter(row => row[13].length).length`)
	if len(printed) > 20 || !strings.Contains(printed[0], number) || strings.Count(strings.Join(printed, " "), "+") != changed || changed != 668 {
		t.Errorf("%d lines are printed for %d changes: %q", len(printed), changed, printed)
	}
	if got := b.found(); !strings.HasPrefix(got, "2,000 rows; the 668 that are not unchanged are printed, all are in ") || !strings.HasSuffix(got, "results.csv") {
		t.Errorf("on paper: %q", got)
	}
	value[bool](b, `window.dispatchEvent(new Event("afterprint"))`)
	if got := b.found(); got != "2,000 rows" || len(b.cells(1)) != 50 {
		t.Errorf("after it: %q", got)
	}
}
