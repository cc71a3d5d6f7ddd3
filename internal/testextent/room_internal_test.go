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

// Each variant has its turn once.
func TestTurns(t *testing.T) {
	turns := map[string]int{}
	for _, turn := range []string{"0/3", "1/3", "2/3"} {
		for _, name := range []string{"TestA", "TestB", "TestB/one", "TestC", "TestD"} {
			t.Setenv(TurnVariable, turn)
			if HasTurn(name) {
				turns[name]++
			}
		}
	}
	if len(turns) != 5 {
		t.Errorf("only %v have a turn", turns)
	}
	for name, times := range turns {
		if times != 1 {
			t.Errorf("%s has its turn %d times", name, times)
		}
	}
}
