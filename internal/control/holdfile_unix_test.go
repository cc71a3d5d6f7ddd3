//go:build !windows

package control_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	run "github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/internal/control"
)

// A hold file that is a link holds, and what the link leads to is told to nobody;
// nor is a secret that somebody wrote into the file itself.
func TestHoldFileTellsNoSecret(t *testing.T) {
	dir := t.TempDir()
	path, secret := filepath.Join(dir, "hold"), filepath.Join(dir, "secret")
	mask := func(text string) string { return strings.ReplaceAll(text, "s3cret", "***") }
	for name, test := range map[string]struct {
		make func() error
		want string
	}{
		"a link":       {func() error { return os.Symlink(secret, path) }, ""},
		"a name of it": {func() error { return os.Link(secret, path) }, ""},
		"a pipe":       {func() error { return syscall.Mkfifo(path, 0o600) }, ""},
		"its secret":   {func() error { return os.WriteFile(path, []byte("the s3cret"), 0o600) }, ": the ***"},
	} {
		if err := errors.Join(os.WriteFile(secret, []byte("s3cret"), 0o600), test.make()); err != nil {
			t.Fatal(err)
		}
		c := run.New()
		control.WatchHoldFile(path, mask, c)()
		if s := c.Status(time.Now()); s.Phase != run.PhaseHeld || s.Why != "held by the file "+path+test.want {
			t.Errorf("%s: got %s: %q", name, s.Phase, s.Why)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
