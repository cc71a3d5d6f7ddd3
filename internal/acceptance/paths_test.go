//go:build unix

package acceptance

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
)

// Whatever the umask is, nobody else can read what a run leaves.
func TestFilesAreTheirOwnersOnly(t *testing.T) {
	t.Parallel()
	o := newOperator(t, sandbox.Config{})
	file := o.file("rows", 3)
	for _, args := range []string{
		"apply " + file + " --yes --run one --max-changes 100% --metrics-file night.prom", "verify one", "rollback one --yes",
		"store backup copy.db", "runs prune --keep 0d --yes --archive",
	} {
		c := o.start(o.command("sh", "-c", "umask 000; exec bulknum "+args))
		<-c.ended
		if code := c.ProcessState.ExitCode(); code != 0 {
			t.Fatalf("%s: exit code %d: %s", args, code, &c.stderr)
		}
	}
	seen := 0
	err := filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == o.dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		seen++
		want := fs.FileMode(0o600)
		switch {
		case filepath.Base(path) == "night.prom": // the collector is another user
			want = 0o644
		case d.IsDir():
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has the mode %o, want %o", path, got, want)
		}
		return nil
	})
	if err != nil || seen < 8 {
		t.Errorf("%d files, %v", seen, err)
	}
}

// opened are the files that somebody names and the program opens, by a command in which %s stands for the path.
var opened = map[string]string{
	"the account's key":        "TELEGENT_ACCOUNT_KEY= TELEGENT_ACCOUNT_KEY_FILE=%s bulknum check",
	"the account's secret":     "TELEGENT_ACCOUNT_SECRET= TELEGENT_ACCOUNT_SECRET_FILE=%s bulknum check",
	"a token":                  "TELEGENT_TOKEN_FILE=%s bulknum check",
	"certificates":             "bulknum check --ca-file %s",
	"the address to notify":    "bulknum apply rows.csv --yes --notify-url-file %s",
	"the numbers to protect":   "bulknum apply rows.csv --yes --protect %s",
	"an inventory":             "bulknum plan rows.csv --state %s",
	"the sandbox's inventory":  "bulknum sandbox --state %s",
	"an archive":               "bulknum runs restore %s",
	"the store":                "mkdir -p r && ln -sf ../%s r/bulknum.db && bulknum runs --runs-dir r",
	"metrics":                  "bulknum apply rows.csv --yes --metrics-file %s",
	"the mark of an account":   "mkdir -p state/bulknum && for f in state/bulknum/*; do ln -sf ../../%s $f; done; bulknum apply rows.csv --yes",
	"the input, to be checked": "bulknum validate %s",
}

// No file that stands where one is opened keeps a command from its end, be it a pipe, a device, endless or a folder: as
// root, and as a user who is not.
func TestNoFileKeepsACommandFromItsEnd(t *testing.T) {
	t.Parallel()
	users := map[string]*syscall.Credential{"as this user": nil}
	if os.Getuid() == 0 {
		users["as nobody"] = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	for user, credential := range users {
		for what, command := range opened {
			for _, kind := range []string{"pipe", "device", "folder"} {
				if kind == "pipe" && strings.Contains(command, "validate") {
					continue // a shell's <(command) is one
				}
				t.Run(user+"/"+what+"/"+kind, func(t *testing.T) {
					t.Parallel()
					o := newOperator(t, sandbox.Config{})
					o.file("rows", 2)
					odd := filepath.Join(o.dir, "odd")
					var err error
					switch kind {
					case "pipe":
						err = syscall.Mkfifo(odd, 0o600)
					case "device":
						err = os.Symlink("/dev/zero", odd)
					case "folder":
						err = os.Mkdir(odd, 0o700)
					}
					if err != nil {
						t.Fatal(err)
					}
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
					defer cancel()
					binary, err := exec.LookPath("bulknum")
					if err != nil {
						t.Fatal(err)
					}
					script := strings.ReplaceAll(strings.ReplaceAll(command, "%s", "odd"), "bulknum ", binary+" ")
					c := exec.CommandContext(ctx, "sh", "-c", script)
					c.Dir, c.Env, c.WaitDelay = o.dir, o.env, time.Second
					if credential != nil {
						if !reachable(t, o.dir) || !reachable(t, binary) {
							t.Skip("another user does not reach the folder of the tests")
						}
						c.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
						err := filepath.WalkDir(o.dir, func(path string, _ fs.DirEntry, err error) error {
							if err != nil {
								return err
							}
							return os.Lchown(path, int(credential.Uid), int(credential.Gid))
						})
						if err != nil {
							t.Fatal(err)
						}
					}
					out, err := c.CombinedOutput()
					if ctx.Err() != nil {
						t.Fatalf("it does not end: %s", out)
					}
					if len(out) > 1<<20 || !strings.Contains(string(out), "odd") && !strings.Contains(string(out), "plain file") && !strings.Contains(string(out), "folder") {
						t.Errorf("%v: it says nothing of that: %.2000s", err, out)
					}
				})
			}
		}
	}
}

// reachable lets others through to a temporary path, and reports whether they get there.
func reachable(t *testing.T, path string) bool {
	t.Helper()
	for dir := filepath.Dir(path); dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		switch mode := info.Mode().Perm(); {
		case mode&0o001 != 0:
		case !strings.HasPrefix(dir+"/", os.TempDir()+"/"): //nolint:usetesting // above which nothing is the test's
			return false
		default:
			if err := os.Chmod(dir, mode|0o011); err != nil {
				t.Fatal(err)
			}
		}
	}
	return true
}
