package terminal

import (
	"io"

	"github.com/vbauerster/cupwriter"
)

// Size of a terminal that does not tell its own.
const (
	usualWidth  = 80
	usualHeight = 24
)

// console is the bar's way to the terminal. What it has drawn is erased by the
// next thing that is flushed.
type console struct {
	*cupwriter.Writer
	width func() int
}

func newConsole(out io.Writer, width func() int) console {
	return console{Writer: cupwriter.New(out, true), width: width}
}

// IsTerminal says what the caller has said.
func (c console) IsTerminal() bool { return true }

// GetTermSize leaves the last column free: terminals do not agree on where the
// cursor is after it has been written.
func (c console) GetTermSize() (width, height int, err error) {
	switch {
	case c.width != nil:
		width = c.width()
	case c.Writer.IsTerminal():
		width, height, _ = c.Writer.GetTermSize() // the usual size will do
	}
	if width <= 0 {
		width = usualWidth
	}
	if height <= 0 {
		height = usualHeight
	}
	return width - 1, height, nil
}
