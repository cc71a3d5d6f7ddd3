package log

import (
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/report/words"
)

// Format is how a log line is written.
type Format string

// The formats.
const (
	Console Format = "console" // for people
	JSON    Format = "json"    // an object a line
)

// ParseFormat reads the name of a format.
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case Console, JSON:
		return f, nil
	default:
		return "", fmt.Errorf("%q is not a log format: use console or json", name)
	}
}

// Level is how important a log line must be to be written.
type Level int

// The levels; the zero value is info.
const (
	LevelDebug Level = iota - 1 // every request and every row
	LevelInfo                   // start, end, waits
	LevelWarn                   // what someone should look at
	LevelError                  // rows that were not updated
)

// ParseLevel reads the name of a level.
func ParseLevel(name string) (Level, error) {
	switch name {
	case "debug":
		return LevelDebug, nil
	case "info":
		return LevelInfo, nil
	case "warn":
		return LevelWarn, nil
	case "error":
		return LevelError, nil
	default:
		return LevelInfo, fmt.Errorf("%q is not a log level: use debug, info, warn or error", name)
	}
}

// zerolog returns the library's name for the level.
func (l Level) zerolog() zerolog.Level {
	return map[Level]zerolog.Level{
		LevelDebug: zerolog.DebugLevel,
		LevelInfo:  zerolog.InfoLevel,
		LevelWarn:  zerolog.WarnLevel,
		LevelError: zerolog.ErrorLevel,
	}[l]
}

// TimeFormat is RFC 3339 with milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z07:00"

// Style is how the lines of a log look.
type Style struct {
	Format Format // the zero value is Console
	// Color and Dated are of the console: colours, and the day before the time, for what
	// is read later.
	Color, Dated bool
}

// NewLogger returns a logger that writes an event a line: as JSON, with the
// time in UTC; or for people, with the time of their own zone. On the console the
// name of the run is left out. Nothing in a line can move the cursor of a terminal
// that it is shown on, now or later.
func NewLogger(w io.Writer, style Style, level Level) zerolog.Logger {
	if style.Format == JSON {
		w = words.Escaped(w)
	} else {
		clock := "15:04:05 MST"
		if style.Dated {
			clock = time.DateOnly + " " + clock
		}
		w = zerolog.ConsoleWriter{ // which quotes what is not plain
			Out:           w,
			NoColor:       !style.Color,
			TimeFormat:    clock,
			FieldsOrder:   fieldOrder(),
			FieldsExclude: []string{FieldRun},
		}
	}
	return zerolog.New(w).Level(level.zerolog()).Hook(zerolog.HookFunc(stamp))
}

// stamp adds the time. The library's own stamp has its format in a package
// variable, which belongs to whoever imports us.
func stamp(e *zerolog.Event, _ zerolog.Level, _ string) {
	var text [len(TimeFormat)]byte
	e.Bytes(zerolog.TimestampFieldName, time.Now().UTC().AppendFormat(text[:0], TimeFormat))
}
