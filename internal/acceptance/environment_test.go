package acceptance

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// A container without zones of its own knows them all the same: they are in the command.
func TestZonesAreBuiltIn(t *testing.T) {
	path, err := exec.LookPath("bulknum")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte("America/Argentina/ComodRivadavia")) {
		t.Error("the command has no zones")
	}
}
