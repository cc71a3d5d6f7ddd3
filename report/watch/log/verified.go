package log

import (
	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/batch"
)

// verified tells what a verification found.
func (l *Log) verified(v *batch.Verification) {
	level := zerolog.InfoLevel
	if v.Counts[batch.AsAsked] < v.Rows {
		level = zerolog.WarnLevel
	}
	line := l.logger.WithLevel(level).Int("rows", v.Rows)
	for _, status := range batch.VerifyStatuses() {
		line = line.Int(string(status), v.Counts[status])
	}
	line.Msg("numbers verified")
}
