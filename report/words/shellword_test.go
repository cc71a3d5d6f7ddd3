//go:build unix

package words_test

import (
	"os/exec"
	"testing"

	"github.com/bulknum/bulknum/report/words"
)

// A shell takes each word for what it was, and none of them prints what is no character.
func TestShellWord(t *testing.T) {
	shell, err := exec.LookPath("bash") // other shells learn $'…' one by one
	if err != nil {
		t.Skip("there is no bash")
	}
	for _, word := range []string{
		"", "runs/one", "it's", "a b", `c:\d`, "x\x1b[2J\u009b31m\u202e\nbulknum: forged\ry", "half \xff 'quoted' \\", "Ärger €7", "\x1b123",
	} {
		quoted := words.ShellWord(word)
		if words.Printable(quoted) != quoted {
			t.Errorf("%q is quoted as %q", word, quoted)
		}
		got, err := exec.CommandContext(t.Context(), shell, "-c", "printf %s "+quoted).Output()
		if err != nil || string(got) != word {
			t.Errorf("%q is quoted as %s, which is %q: %v", word, quoted, got, err)
		}
	}
}
