//go:build !windows

package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

// oneRoute writes a file of n rows, all of which go to one route.
func (o *operator) oneRoute(name string, n int) string {
	o.t.Helper()
	var b strings.Builder
	b.WriteString("Number,MessageRouteId\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,MRID-new\n", number(i))
	}
	if err := os.WriteFile(filepath.Join(o.dir, name+".csv"), []byte(b.String()), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return name + ".csv"
}

// onTerminal runs a command on a terminal, at which this is typed, one after the other as
// questions are asked, wants an exit code, and returns what was to be seen.
func (o *operator) onTerminal(typed []string, code int, args ...string) (*child, string) {
	o.t.Helper()
	term := newTerminal(o.t, 120, typed...)
	c := o.command("bulknum", args...)
	c.at(term)
	o.start(c)
	<-c.ended
	written := term.close()
	if got := c.ProcessState.ExitCode(); got != code {
		o.t.Fatalf("%v: exit code %d, want %d\n%s\n%s", args, got, code, &c.stdout, written)
	}
	return c, written
}

// Between waves a person is asked: yes goes on, all else stops, and whoever goes
// on is asked again.
func TestConfirmWaves(t *testing.T) {
	t.Parallel()
	const yes = "yes\n"
	for name, c := range map[string]struct {
		typed         []string
		code, updates int
	}{
		"yes":                  {[]string{yes, yes, "YES\n"}, 0, 30},
		"no":                   {[]string{yes, yes, "no\n"}, 6, 20},
		"no line":              {[]string{yes, "\x04"}, 6, 10},
		"yes, but typed ahead": {[]string{yes + yes + "ye", "s\n"}, 6, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperator(t, sandbox.Config{})
			o.env = append(o.env, "TERM=xterm")
			args := []string{"apply", o.oneRoute("rows", 30), "--run", "one", "--all", "--waves", "10,20", "--confirm-waves"}
			ran, seen := o.onTerminal(c.typed, c.code, args...)
			if n := o.api.Stats().Updates; n != c.updates {
				t.Errorf("%d updates, want %d", n, c.updates)
			}
			told := "Wave 1 of 3 has ended: 10 rows, 10 updated; read back: 10 in sync"
			if !strings.Contains(seen, told) || !strings.Contains(seen, "Type yes to continue with wave 2 of 3: ") {
				t.Errorf("on the terminal:\n%s", seen)
			}
			if c.code == 0 {
				return
			}
			stopped := fmt.Sprintf("nobody agreed to continue after wave %d of 3", c.updates/10)
			next := "bulknum resume runs/one --confirm-waves\n" + strings.Repeat(" ", 10) + "bulknum rollback runs/one\n"
			if out := ran.stdout.String(); !strings.Contains(out, stopped) || !strings.Contains(out, next) {
				t.Errorf("at the end:\n%s", out)
			}
			o.onTerminal([]string{yes, yes, yes}, 0, "resume", "one", "--confirm-waves")
			if n := o.api.Stats().Updates; n != 30 {
				t.Errorf("%d updates after all, want 30", n)
			}
		})
	}
}
