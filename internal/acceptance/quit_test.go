//go:build unix

package acceptance

import (
	"strings"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/internal/testextent"
)

// What a command writes when it is asked to dump what it is doing (SIGQUIT), in the middle of a request with a token, has
// no secret in it; nor has what is left on the disk.
func TestADumpHasNoSecrets(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	for _, level := range []string{"single", "all", "system"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			o := newSecretive(t, secretCase{})
			o.env = append(o.env, "TELEGENT_ACCOUNT_SECRET="+plantedAccount, "GOTRACEBACK="+level, "BULKNUM_NOTIFY_URL=http://127.0.0.1:9/"+plantedHook)
			started := make(chan struct{})
			var c *child
			o.after(4, func() {
				<-started
				if err := c.Process.Signal(syscall.SIGQUIT); err != nil {
					t.Error(err)
				}
				<-c.ended
			})
			c = o.start(o.command("bulknum", "apply", o.file("rows", 12), "--yes", "--all", "--run", "one", "--log-level", "debug"))
			close(started)
			<-c.ended
			if told := c.stderr.String(); c.ProcessState.ExitCode() != 2 || !strings.Contains(told, "SIGQUIT") || !strings.Contains(told, "goroutine ") {
				t.Fatalf("%v: %s", c.ProcessState, told)
			}
			o.looked(t, c)
			if files := o.searchFiles(t); files < 4 {
				t.Errorf("%d files searched", files)
			}
		})
	}
}
