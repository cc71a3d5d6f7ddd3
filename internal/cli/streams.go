package cli

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/words"
)

// Streams is all that a command knows of the world outside: its streams, its
// terminal and its environment.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// InTerminal and ErrTerminal say whether a person is there to be asked, and
	// to watch; OutTerminal, that what is printed is looked at.
	InTerminal, OutTerminal, ErrTerminal bool
	// DiscardInput drops what was typed and not read yet; optional.
	DiscardInput func()
	// Width returns the width in columns of the terminal that Err is, OutWidth of that
	// which Out is; 0 when it is none. Optional.
	Width, OutWidth func() int
	// LookupEnv is as os.LookupEnv.
	LookupEnv func(string) (string, bool)
	// Insists is closed when a signal comes after the one that ended the context: nothing is
	// waited for any more. Optional.
	Insists <-chan struct{}
	// Environ is as os.Environ; nil: there is nothing but what LookupEnv finds.
	Environ func() []string
}

// System returns the process's own streams.
func System() Streams {
	return Streams{
		In:           os.Stdin,
		Out:          os.Stdout,
		Err:          os.Stderr,
		InTerminal:   term.IsTerminal(int(os.Stdin.Fd())),
		DiscardInput: discardInput,
		OutTerminal:  term.IsTerminal(int(os.Stdout.Fd())),
		ErrTerminal:  term.IsTerminal(int(os.Stderr.Fd())),
		Width:        func() int { return columns(os.Stderr) },
		OutWidth:     func() int { return columns(os.Stdout) },
		LookupEnv:    os.LookupEnv,
		Environ:      os.Environ,
	}
}

// columns is the width of the terminal that a file is; 0: it is none.
func columns(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// outWidth is the width of the terminal that Out is; 0: it is none.
func (s Streams) outWidth() int {
	if s.OutWidth == nil || !s.OutTerminal {
		return 0
	}
	return s.OutWidth()
}

// getenv returns a variable, or nothing.
func (s Streams) getenv(name string) string {
	value, _ := s.LookupEnv(name)
	return value
}

// colour reports whether the terminal may be given colours.
func (s Streams) colour() bool {
	return s.ErrTerminal && s.getenv("NO_COLOR") == "" && s.getenv("TERM") != "dumb"
}

// escaped returns the streams with a filter before each that people read: whatever a command prints, and wherever the text
// is from, nothing reaches a terminal that would move its cursor. What a file or another program takes is left as it is.
func (s Streams) escaped() Streams {
	s.Err = words.Escaped(s.Err)
	if s.OutTerminal {
		s.Out = words.Escaped(s.Out)
	}
	return s
}

// say prints a line for people. Ends of lines in what it tells are none of its own.
func (s Streams) say(format string, args ...any) { s.line(log.LevelInfo, "", format, args...) }

// note prints what a command does besides what it is for.
func (s Streams) note(format string, args ...any) {
	s.line(log.LevelInfo, "bulknum: ", format, args...)
}

// warn prints what someone should know of a command that goes on.
func (s Streams) warn(format string, args ...any) {
	s.line(log.LevelWarn, "bulknum: warning: ", format, args...)
}

// line prints a line for people, which begins with a prefix; where a program reads, it has a level instead.
func (s Streams) line(level log.Level, prefix, format string, args ...any) {
	text := words.Printable(fmt.Sprintf(format, args...))
	if lines, ok := s.Err.(*log.Lines); ok {
		lines.Tell(level, text)
		return
	}
	fmt.Fprintln(s.Err, prefix+text)
}

// inJSON reports whether all that is said is lines of JSON.
func (s Streams) inJSON() bool {
	_, all := s.Err.(*log.Lines)
	return all
}
