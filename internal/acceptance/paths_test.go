//go:build unix

package acceptance

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
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

// pathsGiven are the files that somebody names and the program opens, by commands in which %s stands for the path. What
// waits by its nature is ended by one SIGTERM once it does.
var pathsGiven = map[string]string{
	"the account's key":       "TELEGENT_ACCOUNT_KEY= TELEGENT_ACCOUNT_KEY_FILE=%s bulknum check",
	"the account's secret":    "TELEGENT_ACCOUNT_SECRET= TELEGENT_ACCOUNT_SECRET_FILE=%s bulknum check",
	"a token":                 "TELEGENT_TOKEN_FILE=%s bulknum check",
	"certificates":            "bulknum check --ca-file %s",
	"the address to notify":   "bulknum apply rows.csv --yes --notify-url-file %s",
	"the numbers to protect":  "bulknum apply rows.csv --yes --protect %s",
	"an inventory":            "bulknum plan rows.csv --state %s --max-age 90000h",
	"a rehearsal's inventory": "bulknum apply rows.csv --sandbox --state %s",
	"the sandbox's inventory": "bulknum sandbox --state %s",
	"an archive":              "bulknum runs restore %s",
	"a backup":                "bulknum apply rows.csv --yes --all && bulknum store backup %s",
	"a salvage":               "bulknum apply rows.csv --yes --all && bulknum store salvage %s --yes",
	"the runs folder":         "bulknum runs --runs-dir %s && bulknum apply rows.csv --yes --runs-dir %s",
	"the state folder":        "XDG_STATE_HOME=$PWD/%s bulknum apply rows.csv --yes",
	"metrics":                 "bulknum apply rows.csv --yes --metrics-file %s",
	"a run":                   "bulknum resume %s --yes; bulknum verify %s; bulknum report %s; bulknum ctl %s",
	"the input":               "bulknum apply %s --yes & [ ! -p %s ] || { exec 3>%s; kill $!; }; wait $!",
	"the input of a check":    "bulknum validate %s & [ ! -p %s ] || { exec 3>%s; kill $!; }; wait $!",
	"a hold file": "bulknum apply rows.csv --yes --hold-file %s 2>log & " +
		"until grep -q 'held by the file' log; do sleep .02; done; kill $!; wait $!; cat log",
}

// pathsMade are the files that the program makes itself: for a runs folder with one run, by commands that open them.
var pathsMade = map[string]string{
	"runs/bulknum.db":       "bulknum runs; bulknum apply rows.csv --yes; bulknum store check; bulknum store salvage new --yes",
	"runs/bulknum.db-wal":   "bulknum apply rows.csv --yes; bulknum store salvage new --yes",
	"runs/bulknum.db-shm":   "bulknum runs; bulknum apply rows.csv --yes",
	"runs/sandbox.jsonl":    "bulknum apply rows.csv --sandbox",
	"runs/.locks":           "bulknum apply rows.csv --yes; bulknum store salvage new --yes",
	"runs/.locks/*":         "bulknum apply rows.csv --yes; bulknum store check; bulknum store salvage new --yes",
	"runs/one":              "bulknum resume one --yes; bulknum verify one; bulknum report one; bulknum runs delete one --yes",
	"runs/one/input.csv":    "bulknum resume one --yes; bulknum verify one; bulknum rollback one --yes",
	"runs/one/run.log":      "bulknum resume one --yes; bulknum verify one; bulknum runs prune --archive --keep 0d --yes",
	"runs/one/results.csv":  "bulknum report one; bulknum runs prune --archive --keep 0d --yes",
	"runs/one/verify.csv":   "bulknum verify one",
	"runs/one/control.path": "bulknum resume one --yes --retry-failed; bulknum ctl one",
	"runs/one.tar.zst":      "bulknum runs prune --archive --keep 0d --yes; bulknum runs restore one",
	"state/bulknum":         "bulknum apply rows.csv --yes; bulknum store salvage new --yes",
	"state/bulknum/*":       "bulknum apply rows.csv --yes; bulknum store check; bulknum store salvage new --yes",
}

// ownersText is what a link leads to: it is neither told nor changed.
const ownersText = "pr1vate, known to its owner only\n"

// put puts something else in the place of each file of a pattern.
func (o *operator) put(kind, pattern string) {
	o.t.Helper()
	paths := []string{filepath.Join(o.dir, pattern)}
	if strings.Contains(pattern, "*") {
		paths, _ = filepath.Glob(paths[0])
	}
	if len(paths) == 0 {
		o.t.Fatalf("there is no %s", pattern)
	}
	for _, path := range paths {
		err := errors.Join(os.RemoveAll(path), os.MkdirAll(filepath.Dir(path), 0o700))
		switch kind {
		case "pipe":
			err = errors.Join(err, syscall.Mkfifo(path, 0o600))
		case "device":
			err = errors.Join(err, os.Symlink("/dev/zero", path))
		case "folder":
			err = errors.Join(err, os.MkdirAll(filepath.Join(path, "more"), 0o700))
		case "link":
			err = errors.Join(err, os.Symlink(filepath.Join(o.dir, "private"), path))
		}
		if err != nil {
			o.t.Fatal(err)
		}
	}
}

// as has the commands of a shell run as a user, and returns what they say; nil: as this one. They have to end.
func (o *operator) as(user *syscall.Credential, commands string) string {
	o.t.Helper()
	binary, err := exec.LookPath("bulknum")
	if err != nil {
		o.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(o.t.Context(), enough)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-c", strings.ReplaceAll(commands, "bulknum ", binary+" "))
	c.Dir, c.Env, c.WaitDelay = o.dir, o.env, time.Second
	if user != nil {
		if !reachable(o.t, o.dir) || !reachable(o.t, binary) {
			o.t.Skip("another user does not reach the folder of the tests")
		}
		c.Env = append(c.Env, "TMPDIR=/tmp")
		c.SysProcAttr = &syscall.SysProcAttr{Credential: user}
		err := filepath.WalkDir(o.dir, func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, int(user.Uid), int(user.Gid)))
		})
		if err != nil {
			o.t.Fatal(err)
		}
	}
	said, err := c.CombinedOutput()
	if ctx.Err() != nil {
		o.t.Fatalf("it does not end: %.2000s", said)
	}
	if len(said) > 1<<20 || strings.Contains(string(said), "goroutine ") {
		o.t.Errorf("%v: %.4000s", err, said)
	}
	return string(said)
}

// each runs a test for each of some files with each kind of what can stand in its place, as whoever runs the tests; and
// with the first kind as somebody who is not root, where that is root. A plain run has each of these once, each for another
// file.
func each(t *testing.T, files map[string]string, kinds []string, test func(t *testing.T, what string, user *syscall.Credential, kind string)) {
	t.Helper()
	for i, what := range slices.Sorted(maps.Keys(files)) {
		for k, kind := range kinds {
			t.Run(what+"/"+kind, func(t *testing.T) {
				if i != k {
					testextent.Variant(t)
				}
				t.Parallel()
				test(t, what, nil, kind)
			})
		}
		if os.Getuid() != 0 {
			continue
		}
		t.Run(what+"/"+kinds[0]+" as nobody", func(t *testing.T) {
			if i != len(kinds) {
				testextent.Variant(t)
			}
			t.Parallel()
			test(t, what, &syscall.Credential{Uid: 65534, Gid: 65534}, kinds[0])
		})
	}
}

// No file that stands where one is opened keeps a command from its end, be it a pipe, a device, endless or a folder.
func TestNoFileKeepsACommandFromItsEnd(t *testing.T) {
	t.Parallel()
	each(t, pathsGiven, []string{"pipe", "device", "folder"}, func(t *testing.T, what string, user *syscall.Credential, kind string) {
		o := newOperator(t, sandbox.Config{})
		o.file("rows", 2)
		o.put(kind, "odd")
		said := o.as(user, strings.ReplaceAll(pathsGiven[what], "%s", "odd"))
		if what == "metrics" && kind != "folder" || what == "the state folder" && kind == "folder" {
			return // it is replaced, or good
		}
		if !strings.Contains(said, "odd") && !strings.Contains(said, "plain file") && !strings.Contains(said, "/dev/zero") && !strings.Contains(said, "terminated") {
			t.Errorf("it says nothing of that: %.4000s", said)
		}
	})
}

// What stands in the place of a file that the program makes keeps no command from its end either, and what a link leads
// to is neither told nor changed. So it is with the hold file, which somebody else may make.
func TestNoLinkIsFollowed(t *testing.T) {
	t.Parallel()
	all := maps.Clone(pathsMade)
	all["odd"] = strings.ReplaceAll(pathsGiven["a hold file"], "%s", "odd")
	each(t, all, []string{"link", "pipe"}, func(t *testing.T, path string, user *syscall.Credential, kind string) {
		o := newOperator(t, sandbox.Config{})
		o.file("rows", 2)
		if path != "odd" {
			begin := "bulknum apply rows.csv --yes --all --run one"
			if strings.Contains(path, "sandbox") {
				begin = "bulknum apply rows.csv --sandbox"
			}
			o.as(user, begin)
		}
		if err := os.WriteFile(filepath.Join(o.dir, "private"), []byte(ownersText), 0o600); err != nil {
			t.Fatal(err)
		}
		o.put(kind, path)
		if said := o.as(user, all[path]); strings.Contains(said, "pr1vate") {
			t.Errorf("it tells what a link leads to: %.2000s", said)
		}
		o.wantsPrivate(t)
	})
}

// wantsPrivate wants what is private to be as it was, and nowhere else.
func (o *operator) wantsPrivate(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		switch base := filepath.Base(path); {
		case err != nil:
		case base != "private" && strings.Contains(string(content), "pr1vate"):
			t.Errorf("%s tells what a link leads to", path)
		case base == "private":
			if info, err := d.Info(); string(content) != ownersText || err != nil || info.Mode() != 0o600 {
				t.Errorf("what a link leads to is %q, %v, %v", content, info, err)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
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
