package acceptance

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The folder of the project has one file of code, which only starts the command
// and ends it.
func TestMainIsAlone(t *testing.T) {
	files, err := filepath.Glob(root + "*.go")
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	content, err := os.ReadFile(root + "main.go")
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(content, []byte("\n")); lines > 30 {
		t.Errorf("main.go has %d lines", lines)
	}
}
