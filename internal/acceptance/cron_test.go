//go:build unix

package acceptance

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What cron is told in documents and in samples gives bulknum what is in the
// environment file.
func TestCronLinesExportTheEnvironment(t *testing.T) {
	t.Parallel()
	for path, shell := range map[string]string{"README.md": "/bin/sh", "docs/nightly.md": "/bin/sh", "samples/crontab": "/bin/bash"} {
		t.Run(path, func(t *testing.T) {
			if _, err := os.Stat(shell); err != nil {
				t.Skip(err)
			}
			text, err := os.ReadFile(root + path)
			if err != nil {
				t.Fatal(err)
			}
			line := regexp.MustCompile(`(?m)^ *7 2 \* \* \* +(.*)$`).FindSubmatch(text)
			if line == nil {
				t.Fatal("there is no line for cron")
			}
			folder := t.TempDir()
			write := func(name, content string) {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			write("bulknum", "#!/bin/sh\necho \"$TELEGENT_ACCOUNT_KEY\" \"$@\"\n")
			write("bulknum.env", "TELEGENT_ACCOUNT_KEY=DID-1\n")
			job := strings.NewReplacer("/var/lib/bulknum", folder, "/etc/bulknum", folder).Replace(string(line[1]))
			cmd := exec.CommandContext(t.Context(), shell, "-c", job)
			cmd.Env = []string{"PATH=" + folder + ":/usr/bin:/bin"}
			if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
				t.Fatalf("%v: %s", err, said)
			}
			log, err := os.ReadFile(filepath.Join(folder, "nightly.log"))
			if err != nil || !strings.HasPrefix(string(log), "DID-1 apply -q --yes ") {
				t.Errorf("bulknum was told %q, %v", log, err)
			}
			if info, err := os.Stat(filepath.Join(folder, "nightly.log")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("others can read what is printed: %v, %v", info, err)
			}
		})
	}
}
