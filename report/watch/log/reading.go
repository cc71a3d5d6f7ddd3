package log

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/words"
)

// readingLog tells a reading when its way is chosen or changed, and its end.
type readingLog struct {
	way   readingWay
	told  string
	begun bool
}

// readingWay is what is worth a line when it changes.
type readingWay struct {
	way     plan.ReadWay
	trouble string
	singles bool // are being read
}

// log writes what is new.
func (l *readingLog) log(logger zerolog.Logger, r plan.Reading) {
	way := readingWay{way: r.Way, trouble: r.Trouble, singles: r.Singles > 0}
	if text := words.Reading(r); !l.begun || way != l.way && text != l.told {
		line := logger.Info()
		if r.Trouble != "" {
			line = logger.Warn()
		}
		line.Str("way", string(r.Way)).Int("numbers", r.Numbers).Str("detail", text).Msg("reading current settings")
		l.told = text
	}
	l.way, l.begun = way, true
	if r.SinglesLeft == 0 {
		logger.Info().Int("numbers", r.Numbers).Int("found", r.Found).Int("pages", r.Pages).Int("singles", r.Singles).
			Msg("current settings read")
		l.begun = false // another reading has its own lines
	}
}

// planned tells what a plan comes to.
func (l *Log) planned(p *plan.Plan) {
	line := l.logger.Info().Int("rows", p.Rows).Int("updates", p.Budget.Updates)
	for _, status := range result.Statuses() {
		if n := p.Counts[status]; n > 0 {
			line = line.Int(string(status), n)
		}
	}
	if b := p.Budget; b.TakesMs > 0 {
		line = line.Int("requests_made", b.Read+b.ReadTokens).Int("requests_needed", b.Needed()).
			Str("takes", words.Duration(time.Duration(b.TakesMs)*time.Millisecond)).
			Str("ends_at", p.Ends().UTC().Format(time.RFC3339))
	}
	line.Str("hash", p.Hash).Msg("plan made")
}
