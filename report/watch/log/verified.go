package log

import (
	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
)

// verified tells what a verification found.
func (l *Log) verified(v event.NumbersVerified) {
	level := zerolog.InfoLevel
	if v.Counts[result.InSync] < v.Rows {
		level = zerolog.WarnLevel
	}
	line := l.logger.WithLevel(level).Int("rows", v.Rows)
	for _, status := range result.VerifyStatuses() {
		line = line.Int(string(status), v.Counts[status])
	}
	line.Msg("numbers verified")
}
