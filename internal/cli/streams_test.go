package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// hostile is a text that clears a terminal, by 7-bit and by 8-bit sequences, turns the direction of writing, and has a line
// that looks like one of ours.
const hostile = "x\x1b[2J\u009b31m\u202e\nbulknum: forged\ry"

// viewer is somebody at a terminal in a folder of its own, and what it has shown.
type viewer struct {
	t   *testing.T
	env map[string]string
	// elsewhere tells that standard output is no terminal.
	elsewhere bool
	shown     bytes.Buffer
}

func newViewer(t *testing.T) *viewer {
	t.Helper()
	t.Chdir(t.TempDir())
	return &viewer{t: t, env: map[string]string{"XDG_STATE_HOME": t.TempDir(), "TELEGENT_API_URL": "http://127.0.0.1:1"}}
}

// api serves the viewer an API.
func (s *viewer) api(config sandbox.Config) {
	s.t.Helper()
	api, err := sandbox.New(config)
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewServer(api)
	s.t.Cleanup(server.Close)
	s.env["TELEGENT_API_URL"], s.env["TELEGENT_ACCOUNT_KEY"], s.env["TELEGENT_ACCOUNT_SECRET"] = server.URL, "key", "secret"
}

// run runs a command to its end, or until it serves, and returns its exit code.
func (s *viewer) run(args ...string) int {
	ctx, interrupt := context.WithCancelCause(s.t.Context())
	if len(args) > 0 && args[0] == "sandbox" {
		interrupt(Interrupted(syscall.SIGTERM))
	}
	s.shown.Reset()
	code := Main(ctx, Streams{
		In: strings.NewReader(""), Out: &s.shown, Err: &s.shown, OutTerminal: !s.elsewhere,
		LookupEnv: func(name string) (string, bool) { value, ok := s.env[name]; return value, ok },
	}, args)
	interrupt(nil)
	s.harmless(strings.Join(args, " "))
	return code
}

// harmless fails the test where something was shown that is no text, or a line that the hostile text has made.
func (s *viewer) harmless(what string) {
	s.t.Helper()
	text := s.shown.String()
	for _, r := range text {
		if r != '\n' && !unicode.IsGraphic(r) {
			s.t.Errorf("%q shows %U: %q", what, r, text)
			break
		}
	}
	if strings.Contains(text, "\nbulknum: forged") {
		s.t.Errorf("%q shows a line that is not its own: %q", what, text)
	}
}

// Whatever a command is given, and by whichever way, its words for it do a terminal no harm.
func TestNoArgumentReachesATerminal(t *testing.T) {
	s := newViewer(t)
	tried := map[string]bool{}
	everyCommand(t, func(string) (string, bool) { return "", false }, func(_ *app, cmd *cobra.Command) {
		words := strings.Fields(cmd.CommandPath())[1:]
		s.run(append(words, hostile)...)
		s.run(append(words, hostile, hostile)...)
		s.run(append(words, "--"+hostile)...)
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if tried[f.Name] && testextent.Plain() {
				return // by another command, which reads it in the same way
			}
			tried[f.Name] = true
			for _, arguments := range [][]string{{"+18018018011"}, nil} {
				if arguments == nil && testextent.Plain() {
					continue
				}
				s.run(append(append(words, "--"+f.Name+"="+hostile), arguments...)...)
			}
			name := environmentPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
			s.env[name] = hostile
			s.run(append(words, "+18018018011")...)
			delete(s.env, name)
		})
	})
	for _, name := range []string{"TZ", "HTTPS_PROXY", "TELEGENT_API_URL", "TELEGENT_ACCOUNT_KEY_FILE", "XDG_STATE_HOME"} {
		was := s.env[name]
		s.env[name], s.env["TELEGENT_TOKEN"] = hostile, "token"
		s.run("check", "--outage-wait=1ns")
		s.env[name] = was
	}
}

// What files, folders, runs and jobs are called does no harm either, wherever it is shown, in text or in JSON.
func TestNoNameReachesATerminal(t *testing.T) {
	s := newViewer(t)
	const rows = "Number,VoiceEnabled,CnamLastName\n+18018018011,yes,Lee\n"
	file, bad, dir := "f"+hostile+".csv", "b"+hostile+".csv", "d"+hostile
	for name, content := range map[string]string{file: rows, bad: rows + "801,\x1b[2J,\u009b\u202e\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	common := []string{"--runs-dir", dir, "--rate", "1000/s"}
	begin := func(args ...string) []string { return append(args, common...) }
	for _, test := range []struct {
		code int
		args []string
	}{
		{0, []string{"validate", file}},
		{0, []string{"validate", "--json", file}},
		{3, []string{"validate", bad}},
		{3, []string{"validate", "--json", bad}},
		{3, begin("apply", "--sandbox", bad)},
		{0, begin("plan", "--sandbox", "--json", "--job", "j"+hostile, file)},
		{0, begin("apply", "--sandbox", "--yes", "--run", "one", "--job", "j"+hostile, "--ticket", hostile, file)},
		{0, begin("apply", "--sandbox", "--yes", "--run", "two", "-q", "--log-format", "json", file)},
		{0, []string{"runs", "--runs-dir", dir}},
		{0, []string{"runs", "--runs-dir", dir, "--json"}},
		{0, []string{"report", "--runs-dir", dir, "one"}},
		{0, []string{"report", "--runs-dir", dir, "one", "--format", "jsonl"}},
		{0, []string{"history", "--runs-dir", dir, "--json", "+18018018011"}},
		{0, []string{"history", "--runs-dir", dir, "+18018018011"}},
		{1, []string{"store", "check", "--runs-dir", dir}}, // there is no store but the sandbox's
		{3, []string{"ctl", "--runs-dir", dir, "one", "status"}},
	} {
		if code := s.run(test.args...); code != test.code {
			t.Errorf("%q ends with %d, want %d: %s", test.args, code, test.code, s.shown.String())
		}
	}
	if !strings.Contains(s.shown.String(), "one") {
		t.Errorf("nothing is shown: %s", s.shown.String())
	}
}

// The reports are plain by themselves: what is printed into a file is looked at later.
func TestAReportIsPlainInAFileToo(t *testing.T) {
	s := newViewer(t)
	s.elsewhere = true
	if err := os.WriteFile("rows.csv", []byte("Number,VoiceEnabled\n+18018018011,yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"plan", "rows.csv"}, {"apply", "rows.csv", "--yes", "--ticket", hostile}} {
		args := slices.Concat(command, []string{"--sandbox", "--rate", "1000/s", "--job", hostile, "--runs-dir", "d" + hostile})
		if code := s.run(args...); code != exitOK {
			t.Errorf("%q ends with %d: %s", args, code, s.shown.String())
		}
	}
	s.run("runs", "--runs-dir", "d"+hostile)
}

// What the API says of an account, and who holds its lock, is not the operator's word.
func TestNoWordOfOthersReachesATerminal(t *testing.T) {
	s := newViewer(t)
	s.api(sandbox.Config{AccountId: "AID-" + hostile, Numbers: 3})
	if code := s.run("check", "--rate", "1000/s"); code != exitOK || !strings.Contains(s.shown.String(), "AID-x") {
		t.Errorf("exit code %d: %s", code, s.shown.String())
	}
	s.shown.Reset()
	(&app{Streams: Streams{Err: &s.shown}.escaped()}).printError(fmt.Errorf("%s: %w", hostile, &store.LockedError{
		Path: hostile, Holder: store.Holder{PID: 1, Host: hostile, Command: hostile, Run: hostile, Since: time.Now()},
	}))
	s.harmless("a lock")
}

// Errors that were joined have a line each, and no other text makes one.
func TestErrorsHaveALineEach(t *testing.T) {
	var shown bytes.Buffer
	one, two, three := errors.New("one\nwith an end"), errors.New("two"), errors.New("three")
	guards := &guard.RefusedError{Refusals: []guard.Refusal{{Measured: "four"}, {Measured: "five\nand a half"}}}
	(&app{Streams: Streams{Err: &shown}}).printError(&configError{err: errors.Join(
		one, fmt.Errorf("%w and %w", two, three), fmt.Errorf("at: %w", &usageError{errors.Join(two, three)}), fmt.Errorf("no: %w", guards),
	)})
	want := ""
	for _, line := range []string{"one with an end", "two and three", "at: two", "three", "no: four", "five and a half"} {
		want += "bulknum: error: " + line + "\n"
	}
	if got := shown.String(); !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
}

// What goes into a file or to another program is what it is.
func TestAFileGetsWhatThereIs(t *testing.T) {
	var out bytes.Buffer
	s := Streams{Out: &out, Err: io.Discard}.escaped()
	if _, err := io.WriteString(s.Out, hostile); err != nil || out.String() != hostile {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
