package log

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/report/mask"
)

// Lines is standard error where a program reads it: what is written for people becomes lines
// of the log too. The beginning of a line is kept until its end comes. It is safe for
// concurrent use.
type Lines struct {
	logger zerolog.Logger
	mask   atomic.Pointer[mask.Masker] // nil: nothing is hidden

	mu   sync.Mutex
	half []byte
}

// NewLines returns the lines that a writer takes, each in one piece.
func NewLines(w io.Writer) *Lines {
	return &Lines{logger: NewLogger(w, Style{Format: JSON}, LevelDebug)}
}

// Mask hides from here on what a masker knows.
func (l *Lines) Mask(m *mask.Masker) { l.mask.Store(m) }

// Tell writes a line.
func (l *Lines) Tell(level Level, text string) {
	l.logger.WithLevel(level.zerolog()).Msg(l.mask.Load().Text(strings.TrimSpace(text)))
}

// Write writes each line of a text, but no empty one, at level info. It never fails.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.half = append(l.half, p...)
	for {
		line, rest, whole := bytes.Cut(l.half, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		if text := string(line); strings.TrimSpace(text) != "" {
			l.Tell(LevelInfo, text)
		}
		l.half = append([]byte(nil), rest...)
	}
}
