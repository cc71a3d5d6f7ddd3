package log

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/watch/progress"
)

// lineEvery is how often progress is logged where no bar can be drawn.
const lineEvery = 30 * time.Second

// ProgressLine logs the progress every half minute, and that of rows once more when it
// is closed.
type ProgressLine struct {
	tally  *progress.Tally
	logger zerolog.Logger
	quit   chan struct{}
	done   sync.WaitGroup
}

// NewProgressLine returns the line of a tally, which a logger writes.
func NewProgressLine(tally *progress.Tally, logger zerolog.Logger) *ProgressLine {
	return &ProgressLine{tally: tally, logger: logger}
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
				l.log(l.tally.At(now), now)
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
	if v := l.tally.At(now); !v.Reading {
		l.log(v, now)
	}
}

func (l *ProgressLine) log(v progress.View, now time.Time) {
	e := l.logger.Info().Int("done", v.Done)
	if v.Total > 0 || !v.Reading {
		e = e.Int("total", v.Total)
	}
	for _, status := range result.Statuses() {
		if n := v.Counts[status]; n > 0 || !v.Reading && (status == result.Updated || status == result.Failed) {
			e = e.Int(string(status), n)
		}
	}
	e = e.Int("rate_per_minute", int(v.Rate+0.5))
	if v.Wait.Reason != "" {
		e = e.Str("waiting", progress.WaitText(v.Wait, now.Location()))
	}
	if v.Left > 0 {
		e = e.Str("left", v.Left.Round(time.Second).String())
	}
	if v.Reading {
		e.Msg("reading")
		return
	}
	e.Msg("progress")
}
