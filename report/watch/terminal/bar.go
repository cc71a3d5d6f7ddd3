// Package terminal is the progress on the last lines of a terminal: a bar, what is waited for, and the last failures.
//
// Log lines and the bar never mix: as long as the bar stands, every line goes
// through it.
package terminal

import (
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/bulknum/bulknum/batch/control"
)

const (
	// redrawEvery is how often the bar is drawn again.
	redrawEvery = 200 * time.Millisecond
	// The bar itself, in columns.
	mostBar  = 40
	leastBar = 12
)

// Bar shows the progress on the last lines of a terminal, and removes them when
// it is closed.
type Bar struct {
	status control.View
	out    *Output
	width  func() int
	color  bool

	console   console
	container *mpb.Progress
	drawn     *mpb.Bar
}

// NewBar returns the bar of a run, on a terminal that an output leads to.
func NewBar(status control.View, out *Output, width func() int, color bool) *Bar {
	return &Bar{status: status, out: out, width: width, color: color}
}

// Start draws the bar and leads the lines of the log through it.
func (b *Bar) Start() {
	b.console = newConsole(b.out.direct, b.width)
	b.container = mpb.New(mpb.WithConsoleWriter(b.console), mpb.WithRefreshRate(redrawEvery))
	b.drawn = b.container.New(0, // the total of a reading is found out on the way
		mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding("-").Rbound("]"),
		mpb.BarWidth(mostBar),
		mpb.BarFillerTrim(),
		mpb.AppendDecorators(decor.Any(b.first)),
		mpb.BarBtmExtender(mpb.BarFillerFunc(b.second), b.failure(0), b.failure(1)),
	)
	b.Advance()
	b.out.through(b.container)
}

// Advance shows what has come to an end since.
func (b *Bar) Advance() {
	p := b.status(time.Now()).Progress
	b.drawn.SetTotal(int64(p.Total), false)
	b.drawn.SetCurrent(int64(p.Done))
}

// Close removes the bar, and lets out the lines that came after it was drawn
// for the last time. Further lines go straight to the terminal.
func (b *Bar) Close() {
	b.out.remove(func() {
		b.container.Shutdown()
		_ = b.console.Flush(0) // a terminal that has gone needs no cleaning
	})
}

// first is the text beside the bar.
func (b *Bar) first(stat decor.Statistics) string {
	text := fit(progressParts(b.status(time.Now())), stat.AvailableWidth-leastBar-len(gap), false)
	if text == "" {
		return ""
	}
	return gap + text
}

// second is the line below it.
func (b *Bar) second(w io.Writer, stat decor.Statistics) error {
	now := time.Now()
	return writeLine(w, fit(stateParts(b.status(now), now.Location()), stat.AvailableWidth, b.color))
}

// failure is the line of the n-th of the last failures, which is empty as long
// as there are fewer: the library wants to know the height beforehand.
func (b *Bar) failure(n int) mpb.BarFillerFunc {
	return func(w io.Writer, stat decor.Statistics) error {
		now := time.Now()
		return writeLine(w, failureLine(b.status(now), n, now.Location(), stat.AvailableWidth, b.color))
	}
}

func writeLine(w io.Writer, text string) error {
	_, err := io.WriteString(w, text+"\n")
	return err
}
