package cli

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

// A secret that is mounted, as Kubernetes does it, is not warned of whatever its mode: it is only to be read there, and
// not for this user to change.
func TestAMountedSecretIsNotWarnedOf(t *testing.T) {
	v := newViewer(t)
	if err := os.Mkdir("secrets", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", "secrets", "tmpfs", 0, ""); err != nil {
		if os.Getenv("CI") != "" && os.Getuid() == 0 {
			t.Fatalf("nothing can be mounted: %v", err)
		}
		t.Skipf("nothing can be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount("secrets", syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(os.Mkdir("secrets/..2026", 0o755), os.WriteFile("secrets/..2026/secret", []byte("s3cret"), 0o600),
		os.Chmod("secrets/..2026/secret", 0o644), os.Symlink("..2026", "secrets/..data"), os.Symlink("..data/secret", "secrets/secret"),
		os.WriteFile("rows.csv", []byte("Number,VoiceEnabled\n+18018018011,yes\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	v.api(sandbox.Config{})
	delete(v.env, "TELEGENT_ACCOUNT_SECRET")
	v.env["TELEGENT_ACCOUNT_SECRET_FILE"] = "secrets/secret"
	for _, only := range []uintptr{0, syscall.MS_RDONLY} {
		if err := syscall.Mount("none", "secrets", "", syscall.MS_REMOUNT|only, ""); err != nil {
			t.Fatal(err)
		}
		v.shown.Reset()
		v.run("plan", "rows.csv", "--rate", "1000/s")
		if warned := strings.Contains(v.shown.String(), "other users can read the secret"); warned != (only == 0) {
			t.Errorf("read-only %v: %s", only != 0, v.shown.String())
		}
	}
}
