package testextent

import (
	"os"
	"path/filepath"
	"testing"
)

// Tests run on the disk where memory for files cannot be written to.
func TestRoom(t *testing.T) {
	parent := t.TempDir()
	if free(parent) >= enough && room(parent) == "" {
		t.Error("there is no room in a folder with enough space")
	}
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := room(file); got != "" {
		t.Errorf("there is room in a file: %s", got)
	}
}
