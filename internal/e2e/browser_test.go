// Package e2e_test opens reports in a real browser. It is a module of its own,
// so that neither the browser's driver nor the browser is needed to build or test
// bulknum.
package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a test may take in all, also on a busy machine.
const patience = 5 * time.Minute

// chrome is the browser that all tests share; each has a tab of its own.
var chrome context.Context

func TestMain(m *testing.M) { os.Exit(withBrowser(m.Run)) }

// withBrowser runs the tests while there is a browser, with no profile.
func withBrowser(run func() int) int {
	path, err := chromium()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	profile, err := os.MkdirTemp("", "profile")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(profile)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile),
		chromedp.WSURLReadTimeout(patience), // a machine that is busy begins it later than usual
		chromedp.NoSandbox,                  // as root, and in containers
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)...)
	defer stop()
	ctx, closed := chromedp.NewContext(ctx)
	defer closed()
	if err := chromedp.Do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	chrome = ctx //nolint:fatcontext // chromedp's contexts are its browsers
	return run()
}

// chromium finds the browser. Where it is missing, the tests fail: tests that are
// skipped unseen test nothing.
func chromium() (string, error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no chromium: install it (Debian: apt install chromium), or name one in CHROMIUM")
}

// tab is a page in the browser, whose complaints fail the test.
type tab struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // chromedp's contexts are its tabs

	mu         sync.Mutex
	complaints []string
	forgiven   []string // complaints that have one of these in them
}

// browse opens an address in a tab.
func browse(t *testing.T, address string) *tab {
	t.Helper()
	ctx, closed := chromedp.NewContext(chrome)
	t.Cleanup(closed)
	b := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil { // makes the tab, which no time limit must end
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(ctx, patience)
	t.Cleanup(stop)
	b.ctx = ctx
	b.do(
		calls(log.Enable, cdp.Empty{}), // tells of violations of the policy, too
		chromedp.EmulateViewport(1440, 900),
		chromedp.Navigate(address),
	)
	t.Cleanup(b.complain)
	return b
}

// calls makes a step of a command whose answer says nothing.
func calls[P any](command cdp.Command[P, cdp.Empty], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	})
}

// listen notes what the page complains about.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, string(e.Entry.Level)+": "+e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, "console: "+string(e.Type))
	}
}

// complain fails the test for each complaint.
func (b *tab) complain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		if !slices.ContainsFunc(b.forgiven, func(f string) bool { return strings.Contains(c, f) }) {
			b.t.Error(c)
		}
	}
}

// forgive lets complaints be that are to be expected, whenever they come: the browser
// tells of them a little later.
func (b *tab) forgive(expected ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgiven = append(b.forgiven, expected...)
}

// do does what answers nothing.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// get does what answers something.
func get[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// value is that of an expression in the page.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	return get(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// cells are the texts of a column of the rows that are shown, from 1.
func (b *tab) cells(column int) []string {
	b.t.Helper()
	return value[[]string](b, `[...document.querySelectorAll("#body tr.row")].map(r => r.children[`+string(rune('0'+column-1))+`].innerText.trim())`)
}

// found is what is said of the rows that are shown.
func (b *tab) found() string {
	b.t.Helper()
	return value[string](b, `document.getElementById("found").textContent`)
}

// reload opens the page again.
func (b *tab) reload() {
	b.t.Helper()
	b.do(chromedp.Reload())
}

// in emulates light or dark.
func (b *tab) in(scheme string) {
	b.t.Helper()
	feature := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme}
	b.do(calls(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{feature}}))
}

// click clicks an element.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// press presses a key, as on a keyboard.
func (b *tab) press(key string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key))
}

// empty empties the search field, which shows all rows.
func (b *tab) empty() {
	b.t.Helper()
	value[bool](b, `(s => { s.value = ""; return s.dispatchEvent(new Event("input", {bubbles: true})) })(document.getElementById("search"))`)
}

// search types into the search field, after it was emptied.
func (b *tab) search(text string) {
	b.t.Helper()
	b.empty()
	b.do(chromedp.SendKeys(chromedp.CSS("#search"), text))
}

// pasted is what is on the clipboard, which is pasted into the search field.
func (b *tab) pasted() string {
	b.t.Helper()
	key := input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeRawKeyDown, Modifiers: 2, Key: "v", Code: "KeyV", Commands: []string{"paste"},
	}
	up := key
	up.Type, up.Commands = input.DispatchKeyEventTypeKeyUp, nil
	b.empty()
	b.do(
		chromedp.Focus(chromedp.CSS("#search")),
		calls(input.DispatchKeyEvent, key),
		calls(input.DispatchKeyEvent, up),
	)
	return value[string](b, `document.getElementById("search").value`)
}

// keeps reports whether pictures are wanted, to be looked at: they go into the
// folder of E2E_OUT.
func keeps() bool { return os.Getenv("E2E_OUT") != "" }

// keep writes a picture or a document, if that is wanted.
func keep(t *testing.T, name string, content []byte) {
	t.Helper()
	if !keeps() {
		return
	}
	path := filepath.Join(os.Getenv("E2E_OUT"), strings.ReplaceAll(t.Name(), "/", "-")+"-"+name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
		t.Error(err)
	}
}
