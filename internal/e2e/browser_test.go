// Package e2e_test opens reports in a real browser. It is a module of its own,
// so that neither the browser's driver nor the browser is needed to build or test
// bulknum.
package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
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

// patience is how long a test may take in all.
const patience = 60 * time.Second

// tab is a page in the browser, whose complaints fail the test.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// browse starts a browser of its own with no profile and opens a file.
func browse(t *testing.T, path string) *tab {
	t.Helper()
	ctx, stop := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(chromium(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless,
		chromedp.NoSandbox, // as root, and in containers
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
	)
	t.Cleanup(stop)
	ctx, closed := chromedp.NewContext(ctx)
	t.Cleanup(closed)
	b := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil { // starts it, which no time limit must end
		t.Fatal(err)
	}
	b.ctx, stop = context.WithTimeout(ctx, patience)
	t.Cleanup(stop)
	b.do(
		calls(log.Enable, cdp.Empty{}), // tells of violations of the policy, too
		chromedp.EmulateViewport(1440, 900),
		chromedp.Navigate("file://"+path),
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

// chromium finds the browser. Where it is missing, the test fails: a test that is
// skipped unseen tests nothing.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no chromium: install it (Debian: apt install chromium), or name one in CHROMIUM")
	return ""
}

// listen notes what the page complains about.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, string(e.Entry.Level)+": "+e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, "console: "+string(e.Type))
	}
}

// complain fails the test for each complaint.
func (b *tab) complain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		b.t.Error(c)
	}
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

// search types into the search field, after it was emptied.
func (b *tab) search(text string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.CSS("#search"), ""), chromedp.SendKeys(chromedp.CSS("#search"), text))
}

// pasted is what is on the clipboard, which is pasted into the search field.
func (b *tab) pasted() string {
	b.t.Helper()
	key := input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeRawKeyDown, Modifiers: 2, Key: "v", Code: "KeyV", Commands: []string{"paste"},
	}
	up := key
	up.Type, up.Commands = input.DispatchKeyEventTypeKeyUp, nil
	b.do(
		chromedp.SetValue(chromedp.CSS("#search"), ""),
		chromedp.Focus(chromedp.CSS("#search")),
		calls(input.DispatchKeyEvent, key),
		calls(input.DispatchKeyEvent, up),
	)
	return value[string](b, `document.getElementById("search").value`)
}

// keep writes a picture or a document into the folder of E2E_OUT, to be looked
// at, if there is one.
func keep(t *testing.T, name string, content []byte) {
	t.Helper()
	folder := os.Getenv("E2E_OUT")
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, strings.ReplaceAll(t.Name(), "/", "-")+"-"+name), content, 0o600); err != nil {
		t.Error(err)
	}
}
