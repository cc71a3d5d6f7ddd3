//go:build unix

package acceptance

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

// Another user's runs folder is told as such by every command that looks there:
// what is in it is never passed over.
func TestRunsOfAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	const nobody = 65534
	o := newOperator(t, sandbox.Config{})
	file := o.file("rows", 2)
	o.bulknum(0, "apply", file, "--yes", "--run", "one", "--max-changes", "100%")
	err := filepath.WalkDir(filepath.Join(o.dir, "runs"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, nobody, nobody)
	})
	if err != nil {
		t.Fatal(err)
	}
	before := o.api.Stats().Updates
	for _, args := range [][]string{
		{"apply", file, "--yes"}, {"plan", file}, {"resume", "one", "--yes"}, {"rollback", "one", "--yes"}, {"verify", "one"},
		{"history", number(0)}, {"runs"}, {"report", "one"}, {"runs", "prune", "--keep", "0d", "--yes"}, {"store", "check"},
	} {
		told := o.bulknum(4, args...).stderr.String()
		if !strings.Contains(told, "belongs to user") || !strings.Contains(told, "hint: run this as its owner") {
			t.Errorf("%v tells:\n%s", args, told)
		}
	}
	if after := o.api.Stats().Updates; after != before {
		t.Errorf("%d updates left", after-before)
	}
}
