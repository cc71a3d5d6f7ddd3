package watchtest

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// Screen is stderr: a terminal of endless height, as far as the bar uses one.
type Screen struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes.Write(p)
}

// Raw is all that was written.
func (s *Screen) Raw() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes.String()
}

// Lines are what is to be seen.
func (s *Screen) Lines(t *testing.T) []string {
	t.Helper()
	lines := []string{""}
	for text := s.Raw(); text != ""; {
		plain, rest, escape := strings.Cut(text, "\x1b[")
		parts := strings.Split(plain, "\n")
		lines[len(lines)-1] += parts[0]
		lines = append(lines, parts[1:]...)
		if !escape {
			break
		}
		var up int
		if _, err := fmt.Sscanf(rest, "%dA\x1b[J", &up); err != nil {
			t.Fatalf("an escape that the screen does not know: %.10q", rest)
		}
		_, text, _ = strings.Cut(rest, "\x1b[J")
		if lines[len(lines)-1] != "" || up >= len(lines) {
			t.Fatalf("the cursor goes up %d lines from %q", up, lines)
		}
		lines = append(lines[:len(lines)-1-up], "")
	}
	return lines
}
