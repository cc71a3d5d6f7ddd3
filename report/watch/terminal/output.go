package terminal

import (
	"io"
	"sync"
)

// Output is where all lines go: to stderr, or through the bar as long as there
// is one, which then makes room for them.
type Output struct {
	direct io.Writer

	mu  sync.Mutex
	bar io.Writer
}

// NewOutput returns an output that goes straight to stderr.
func NewOutput(direct io.Writer) *Output { return &Output{direct: direct} }

// Write writes one or more whole lines. It never fails: when stderr has gone,
// nobody is left to be told so.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bar != nil {
		if _, err := o.bar.Write(p); err == nil {
			return len(p), nil
		} // the bar has gone, and took nothing
	}
	_, _ = o.direct.Write(p)
	return len(p), nil
}

// through leads the lines through a bar.
func (o *Output) through(bar io.Writer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bar = bar
}

// remove takes the bar away; no line is written meanwhile.
func (o *Output) remove(stop func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	stop()
	o.bar = nil
}
