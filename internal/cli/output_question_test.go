package cli

import (
	"context"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/client/sandbox"
)

// someRows are two numbers, one of them twice, and a row that is not valid.
const someRows = `Number,VoiceEnabled
+18015550100,yes
+18015550101,yes
+18015550100,yes
8015550102,yes
`

// screen is what a person on a terminal sees. It calls asked once the question
// is there.
type screen struct {
	mu    sync.Mutex
	text  strings.Builder
	asked func()
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked != nil && strings.Contains(string(p), "Type yes") {
		s.asked()
	}
	return s.text.Write(p)
}

// person is somebody on a terminal who applies [someRows] to an API.
type person struct {
	*screen
	api    *sandbox.Sandbox
	server *httptest.Server
}

// applies runs the command on a terminal with what is typed, and returns the
// exit code.
func (p *person) applies(ctx context.Context, t *testing.T, typed io.Reader) int {
	t.Helper()
	var err error
	if p.api, err = sandbox.New(sandbox.Config{AccountKey: "DID-1", AccountSecret: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	p.server = httptest.NewServer(p.api)
	t.Cleanup(p.server.Close)
	folder := t.TempDir()
	file := filepath.Join(folder, "rows.csv")
	if err := os.WriteFile(file, []byte(someRows), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"TELEGENT_API_URL":        p.server.URL,
		"TELEGENT_ACCOUNT_KEY":    "DID-1",
		"TELEGENT_ACCOUNT_SECRET": "s3cret",
		"XDG_STATE_HOME":          filepath.Join(folder, "state"),
	}
	return Main(ctx, Streams{
		In: typed, Out: io.Discard, Err: p.screen, InTerminal: true,
		LookupEnv: func(name string) (string, bool) { value, ok := env[name]; return value, ok },
	}, []string{
		"apply", file, "--runs-dir", filepath.Join(folder, "runs"), "--rate", "1000/s", "--read", "each",
		"--skip-invalid", "--max-invalid", "50%",
	})
}

// sees checks that the screen shows a text, or does not.
func (p *person) sees(t *testing.T, text string, shown bool) {
	t.Helper()
	if got := p.text.String(); strings.Contains(got, text) != shown {
		t.Errorf("%q on the screen, want %t:\n%s", text, shown, got)
	}
}

// Somebody on a terminal is asked, and knows what is agreed to.
func TestTheQuestion(t *testing.T) {
	p := &person{screen: &screen{}}
	if code := p.applies(t.Context(), t, strings.NewReader(" Yes\n")); code != 5 {
		t.Errorf("exit code %d, want 5 for the invalid row:\n%s", code, p.text.String())
	}
	if n := p.api.Stats().Updates; n != 2 {
		t.Errorf("%d updates, want 2", n)
	}
	p.sees(t, "\n2 updates to "+p.server.URL+", account DID-1, at 1000/s: about ", true)
	p.sees(t, "\n1 invalid row is left out.\n", true)
	p.sees(t, "\n1 row repeats another and is sent once.\n", true)
	p.sees(t, "VoiceEnabled false -> true", true)
}

// Whatever is no yes means that nothing is sent, and needs no hint: it was asked.
func TestNoYes(t *testing.T) {
	for name, typed := range map[string]string{"no": "no\n", "y": "y\n", "an empty line": "\n", "the end": "", "yes to something else": "yes?\n"} {
		t.Run(name, func(t *testing.T) {
			p := &person{screen: &screen{}}
			if code := p.applies(t.Context(), t, strings.NewReader(typed)); code != 4 {
				t.Errorf("exit code %d, want 4", code)
			}
			if n := p.api.Stats().Updates; n != 0 {
				t.Errorf("%d updates", n)
			}
			p.sees(t, "bulknum: error: declined; nothing was sent\n", true)
			p.sees(t, "bulknum: hint", false)
		})
	}
}

// A signal ends the question too.
func TestASignalAtTheQuestion(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	silent, keyboard := io.Pipe()
	defer keyboard.Close()
	p := &person{screen: &screen{asked: func() { interrupt(Interrupted(os.Interrupt)) }}}
	if code := p.applies(ctx, t, silent); code != 130 {
		t.Errorf("exit code %d, want 130:\n%s", code, p.text.String())
	}
	if n := p.api.Stats().Updates; n != 0 {
		t.Errorf("%d updates", n)
	}
}

// Who is asked about a rollback is told of which run.
func TestTheQuestionNamesWhatIsRolledBack(t *testing.T) {
	q := batch.Question{API: "https://a", Account: "DID-1", Plan: &plan.Plan{}, Updates: 2, RollbackOf: "night"}
	if got := question(q); !strings.HasPrefix(got, "Rollback of night: 2 updates to https://a, account DID-1") {
		t.Error(got)
	}
}

// Who is asked is told what may come on top of the time, and in which nights it goes by.
func TestTheQuestionTellsOfNightsAndTheSecondPass(t *testing.T) {
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	h, err := hours.Parse("22:00-04:00")
	if err != nil {
		t.Fatal(err)
	}
	q := batch.Question{
		API: "https://a", Account: "DID-1", Plan: &plan.Plan{}, Updates: 200, Takes: 9 * time.Hour,
		Nights: plan.NightsOf(h, at, h.After(at, 9*time.Hour)), SecondPass: plan.SecondPassOf(5*time.Minute, 200, 200, plan.Limit{Share: 0.1}),
	}
	want := "about 9 h 0 m. Within the hours 22:00-04:00 it begins at 2026-11-27 22:00:00 UTC, and is done at 2026-11-29 01:00:00 UTC, in 2 nights. " +
		"A second pass of failed rows may add 5m and up to 20 updates."
	if got := question(q); !strings.Contains(got, want) {
		t.Error(got)
	}
}
