package log

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/words"
)

// lineEvery is how often progress is logged where no bar can be drawn.
const lineEvery = 30 * time.Second

// ProgressLine logs the progress every half minute, and that of rows once more when it
// is closed.
type ProgressLine struct {
	status control.View
	logger zerolog.Logger
	quit   chan struct{}
	done   sync.WaitGroup
}

// NewProgressLine returns the line of a run, which a logger writes.
func NewProgressLine(status control.View, logger zerolog.Logger) *ProgressLine {
	return &ProgressLine{status: status, logger: logger}
}

// Start begins to log.
func (l *ProgressLine) Start() {
	l.quit = make(chan struct{})
	l.done.Go(func() {
		ticker := time.NewTicker(lineEvery)
		defer ticker.Stop()
		for {
			select {
			case now := <-ticker.C:
				l.log(l.status(now), now)
			case <-l.quit:
				return
			}
		}
	})
}

// Advance does nothing: the line is drawn by the clock.
func (l *ProgressLine) Advance() {}

// Close logs the last line. The end of a reading has a line of the log.
func (l *ProgressLine) Close() {
	close(l.quit)
	l.done.Wait()
	now := time.Now()
	if s := l.status(now); !s.Progress.Reading {
		l.log(s, now)
	}
}

func (l *ProgressLine) log(s *control.Status, now time.Time) {
	p := s.Progress
	e := l.logger.Info().Int("done", p.Done)
	if p.Total > 0 || !p.Reading {
		e = e.Int("total", p.Total)
	}
	for _, status := range result.Statuses() {
		if n := s.Finished[status]; n > 0 || !p.Reading && (status == result.Updated || status == result.Failed) {
			e = e.Int(string(status), n)
		}
	}
	e = e.Int("rate_per_minute", int(p.Rate+0.5))
	if s.Wait.Reason != "" {
		e = e.Str("waiting", words.Wait(s.Wait, now.Location()))
	}
	if p.Left > 0 {
		e = e.Str("left", p.Left.Round(time.Second).String())
	}
	if p.Reading {
		e.Msg("reading")
		return
	}
	e.Msg("progress")
}
