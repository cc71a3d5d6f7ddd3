package log_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/bulknum/bulknum/report/watch/log"
)

// A log line does a terminal no harm, whichever way it is written, and tells what it was told.
func TestALogLineIsPlain(t *testing.T) {
	const detail = "a\x1b[2J\u009b31m\u202e\nERR forged\r"
	for _, format := range []log.Format{log.JSON, log.Console} {
		var out bytes.Buffer
		logger := log.NewLogger(&out, log.Style{Format: format}, log.LevelInfo)
		logger.Info().Str("detail", detail).Msg("told")
		line := strings.TrimSuffix(out.String(), "\n")
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("%s: %q", format, line)
		}
		var told struct{ Detail string }
		if format == log.JSON && (json.Unmarshal(out.Bytes(), &told) != nil || told.Detail != detail) {
			t.Errorf("%s tells %q", line, told.Detail)
		}
	}
}
