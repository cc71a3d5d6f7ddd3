package watch

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/report/mask"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/watch/terminal"
)

// Options say how a run is to be watched.
type Options struct {
	// Stderr takes everything.
	Stderr io.Writer
	// Terminal tells that Stderr can move its cursor: there is a bar, and no
	// progress lines.
	Terminal bool
	// Width is the terminal's width in columns; optional: it is found out.
	Width func() int
	// Format, Level and Color are the log's; see [log.NewLogger]. Color is the
	// bar's as well.
	Format log.Format
	Level  log.Level
	Color  bool
	// Quiet leaves out the progress, and of the log what is not at least a
	// warning.
	Quiet bool
	// Run is the run's name, for the log; optional: its folder's.
	Run string
	// Mask hides what identifies persons in the log, of the folder too, and in the progress; nil: nothing is hidden.
	Mask *mask.Masker
	// Status tells where the run stands, as the event made it that is told.
	Status control.View
}

// Watcher shows a run to those who wait for it, and keeps its log in its folder.
// It is safe for concurrent use.
type Watcher struct {
	run  *log.RunName
	log  *log.Log
	kept *log.Log // in the run's folder
	file log.File
	mask atomic.Pointer[mask.Masker] // nil: nothing is hidden
	// tellsEnd is set where the log tells why a run ended early. People are told it by the
	// command, once.
	tellsEnd bool

	mu       sync.Mutex
	progress []display // of the terminal, if it shows any, and of the kept log
	shown    bool
}

// display shows how far a run is, each time from its start until it is closed.
type display interface {
	Start()
	Advance()
	Close()
}

// Start returns the watcher of a run that is about to begin. Nothing is shown
// before the first event.
func Start(o Options) *Watcher {
	out := terminal.NewOutput(o.Stderr)
	level := o.Level
	if o.Quiet {
		level = max(level, log.LevelWarn)
	}
	run := log.NewRunName(o.Mask.Text(o.Run))
	logger := log.NewLogger(out, log.Style{Format: o.Format, Color: o.Color, Dated: !o.Terminal}, level).Hook(run)
	w := &Watcher{run: run, log: log.New(logger), tellsEnd: o.Format == log.JSON}
	w.mask.Store(o.Mask)
	status := func(now time.Time) *control.Status { return mask.Hide(w.mask.Load(), o.Status(now)) }
	kept := log.NewLogger(&w.file, log.Style{Format: log.JSON}, log.LevelDebug).Hook(run)
	w.kept, w.progress = log.New(kept), []display{log.NewProgressLine(status, kept)}
	switch {
	case o.Quiet:
	case o.Terminal:
		w.progress = append(w.progress, terminal.NewBar(status, out, o.Width, o.Color))
	default:
		w.progress = append(w.progress, log.NewProgressLine(status, logger))
	}
	return w
}

// Listen is the watcher's [event.Listener].
func (w *Watcher) Listen(e event.Event) {
	w.file.Listen(e)
	e = mask.Hide(w.mask.Load(), e)
	w.run.Listen(e)
	ended, is := e.(event.Ended)
	if is {
		w.End() // the log's last line comes after the last of the progress
	}
	if w.tellsEnd || !ended.Stop.Early() {
		w.log.Listen(e)
	}
	w.kept.Listen(e)
	w.show(e)
}

// show shows the progress of the reading until there is a plan, and that of the
// rows from their start on, until a wave of them has ended; but none while
// someone is asked.
func (w *Watcher) show(e event.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e.(type) {
	case event.ReadingTold, event.Started, event.WaveStarted:
		if !w.shown {
			for _, p := range w.progress {
				p.Start()
			}
			w.shown = true
		}
	case event.PlanMade, event.WaveEnded, event.Asking:
		w.hide()
	case event.Finished:
	default:
		return
	}
	if w.shown {
		for _, p := range w.progress {
			p.Advance()
		}
	}
}

// Mask hides from here on what a masker knows.
func (w *Watcher) Mask(m *mask.Masker) { w.mask.Store(m) }

// Warn logs something besides the events that should be looked at, and that
// changes nothing of the run.
func (w *Watcher) Warn(what string, err error) {
	err = mask.Hide(w.mask.Load(), err)
	w.log.Warn(what, err)
	w.kept.Warn(what, err)
}

// End removes the bar or writes the last progress line. A run that has ended
// needs it no more; calling it again is harmless.
func (w *Watcher) End() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hide()
}

// Close ends the watching: what is shown of the progress goes, and the log of
// the folder is closed. Calling it again is harmless.
func (w *Watcher) Close() {
	w.End()
	w.file.Close()
}

// hide closes the progress, if it is shown.
func (w *Watcher) hide() {
	if w.shown {
		w.shown = false
		for _, p := range w.progress {
			p.Close()
		}
	}
}
