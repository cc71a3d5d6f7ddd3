// Package log is the log of a run: its events as lines on stderr and in its folder, and off a terminal a progress line
// every 30 s.
//
// It is the only package that knows zerolog. Its messages are fixed words, and
// whatever came from outside is in a field.
package log

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/words"
)

// The names of the log's fields, which do not change.
const (
	FieldRun        = "run"
	FieldRow        = "row"
	FieldLine       = "line"
	FieldNumber     = "number"
	FieldStatus     = "status"
	FieldEndpoint   = "endpoint"
	FieldAttempt    = "attempt"
	FieldHTTPStatus = "http_status"
	FieldDuration   = "duration_ms"
	FieldWait       = "wait"
	FieldUntil      = "until"
	FieldOrderId    = "order_id"
	FieldReason     = "reason"
	FieldError      = "error"
	FieldNext       = "next"
)

// fieldOrder is the order in which people read the fields.
func fieldOrder() []string {
	order := []string{"folder", "job", "account", "api", "version", "wave", "of", "rows", "workers", "way", "numbers", "found", "pages", "singles", "done", "total", "valid", "updates"}
	for _, status := range result.Statuses() {
		order = append(order, string(status))
	}
	return append(order, "duplicate", "warnings", "requests_made", "requests_needed", "takes", "ends_at", "hash", "rate_per_minute", "waiting", "left", "in_sync", "drifted", "unreadable", "not_shown",
		FieldRow, FieldLine, FieldNumber, FieldStatus, FieldEndpoint, FieldAttempt, FieldHTTPStatus, FieldDuration,
		FieldOrderId, FieldWait, FieldUntil, FieldReason, "detail", "command", "by", "in_flight", FieldNext, FieldError)
}

// Log writes the events of a run as log lines. A row that is in sync is worth
// a line at debug only, since a run has thousands of them; problems of the
// input are not logged, because the caller shows them in full.
type Log struct {
	logger zerolog.Logger
	read   readingLog
	folder string // the run's
}

// New returns a log that writes with a logger.
func New(logger zerolog.Logger) *Log { return &Log{logger: logger} }

// Listen is the log's [event.Listener].
func (l *Log) Listen(e event.Event) {
	switch e := e.(type) {
	case event.Began:
		l.began(e)
	case event.Checked:
		l.logger.Info().Str("folder", e.Folder).
			Int("rows", e.Counts.Rows).Int("valid", e.Counts.Valid).Int("invalid", e.Counts.Invalid).
			Int("duplicate", e.Counts.Duplicate).Int("warnings", e.Counts.Warnings).
			Msg("input checked")
	case event.ReadingTold:
		l.read.log(l.logger, e.Reading)
	case event.PlanMade:
		l.planned(e.Plan)
	case event.NumbersVerified:
		l.verified(e)
	case event.Noticed:
		level := zerolog.WarnLevel
		if e.Good {
			level = zerolog.InfoLevel
		}
		l.logger.WithLevel(level).Str("detail", words.WithOptions(e.Detail, e.Options)).Msg("note")
	case event.Started:
		l.logger.Info().Int("rows", e.Rows).Int("workers", e.Workers).Msg("started")
	case event.Attempted:
		l.attempted(e)
	case event.Waiting:
		l.waiting(e.Wait)
	case event.Finished:
		l.finished(e.Result)
	case event.WaveStarted:
		l.logger.Info().Int("wave", e.N).Int("of", e.Of).Int("rows", e.Rows).Msg("wave started")
	case event.WaveEnded:
		l.waveEnded(e)
	case event.Commanded:
		l.controlled(e)
	case event.Held:
		l.held(e)
	case event.Stopping:
		l.logger.Warn().Str(FieldReason, string(e.Reason)).Str("detail", e.Detail).Int("in_flight", e.InFlight).
			Msg("stopping: no further row is started")
	case event.Ended:
		l.ended(e.Stop)
	}
}

func (l *Log) began(e event.Began) {
	l.folder = e.Folder
	what := "begun"
	if e.Verifies {
		what = "verification begun"
	}
	l.logger.Debug().Str("folder", e.Folder).Str("job", e.Run.Job).Str("account", e.Run.Account).Str("api", e.Run.API).
		Str("version", e.Run.Version).Msg(what)
}

// Warn logs what is not of the run itself. The text is the caller's own.
func (l *Log) Warn(what string, err error) {
	l.logger.Warn().Err(err).Msg(what)
}

func (l *Log) attempted(a event.Attempted) {
	line := l.logger.Debug()
	if a.Row != 0 { // a reading is of no row
		line = line.Int(FieldRow, a.Row).Int(FieldLine, a.Line)
	}
	if a.Number != "" {
		line = line.Str(FieldNumber, a.Number)
	}
	line = line.Str(FieldEndpoint, string(a.Endpoint)).Int(FieldAttempt, a.N).
		Int(FieldHTTPStatus, a.HTTPStatus).Int64(FieldDuration, a.Duration.Milliseconds())
	if a.Err != nil {
		line = line.Str(FieldError, a.Err.Error())
	}
	line.Msg("request")
}

func (l *Log) controlled(c event.Commanded) {
	line := l.logger.Info().Str("command", string(c.What)).Str("by", c.By)
	if c.Detail != "" {
		line = line.Str("detail", c.Detail)
	}
	line.Msg("asked for")
}

func (l *Log) held(h event.Held) {
	level := zerolog.WarnLevel
	if h.Over || h.Expected {
		level = zerolog.InfoLevel
	}
	line := l.logger.WithLevel(level).Str(FieldWait, string(h.Wait())).Str(FieldReason, h.Why)
	if h.Over {
		line.Msg("no longer held")
		return
	}
	if !h.Until.IsZero() {
		line = line.Str(FieldUntil, h.Until.UTC().Format(time.RFC3339))
	}
	if h.Wave > 0 {
		line = line.Str(FieldNext, words.WaysOn(l.folder, []control.Way{{Do: event.CommandNext, Wave: h.Wave}})[0].Command)
	}
	if h.Expected {
		line.Msg("waiting")
		return
	}
	line.Msg("held: nothing is sent")
}

// waiting logs a wait, but for that of a hold, which was logged when it began.
func (l *Log) waiting(w client.Wait) {
	if w.Reason == client.WaitHold {
		return
	}
	line := l.logger.WithLevel(waitLevel(w)).Str(FieldWait, string(w.Reason))
	if !w.Until.IsZero() {
		line = line.Str(FieldUntil, w.Until.UTC().Format(time.RFC3339)).Int64(FieldDuration, w.Until.Sub(w.Since).Milliseconds())
	}
	if w.Detail != "" {
		line = line.Str(FieldReason, w.Detail)
	}
	if w.Over {
		line.Msg("the API answers again")
		return
	}
	line.Msg("waiting")
}

// waitLevel is higher the longer a wait may last; the wait of a single row is
// nothing to be told of.
func waitLevel(w client.Wait) zerolog.Level {
	switch {
	case w.Over:
		return zerolog.InfoLevel
	case w.Reason == client.WaitBackoff:
		return zerolog.DebugLevel
	case w.Reason == client.WaitOutage, w.Reason == client.WaitHold:
		return zerolog.WarnLevel
	default:
		return zerolog.InfoLevel
	}
}

func (l *Log) finished(r result.Result) {
	line := l.logger.WithLevel(statusLevel(r.Status)).Int(FieldRow, r.Row).Int(FieldLine, r.Line).
		Str(FieldNumber, r.Number).Str(FieldStatus, string(r.Status)).Int(FieldAttempt, r.Attempts)
	if r.HTTPStatus != 0 {
		line = line.Int(FieldHTTPStatus, r.HTTPStatus)
	}
	if r.UpdateOrderId != "" {
		line = line.Str(FieldOrderId, r.UpdateOrderId)
	}
	if r.Error != "" {
		line = line.Str(FieldError, r.Error)
	}
	line.Msg("row")
}

func statusLevel(s result.Status) zerolog.Level {
	switch s {
	case result.Failed, result.Unknown:
		return zerolog.ErrorLevel
	case result.Pending, result.Conflict:
		return zerolog.WarnLevel
	default:
		return zerolog.DebugLevel
	}
}

func (l *Log) waveEnded(e event.WaveEnded) {
	line := l.logger.Info()
	if !e.Passed {
		line = l.logger.Warn()
	}
	line = line.Int("wave", e.N).Int("of", e.Of)
	for _, status := range result.Statuses() {
		if n := e.Counts[status]; n > 0 {
			line = line.Int(string(status), n)
		}
	}
	line = line.Int("drifted", e.Drifted).Int("unreadable", e.Unreadable).Int("not_shown", e.NotShown)
	if e.Why != "" {
		line = line.Str(FieldReason, e.Why)
	}
	line.Msg("wave ended")
}

func (l *Log) ended(stop result.Stop) {
	if !stop.Early() {
		l.logger.Info().Msg("finished")
		return
	}
	level := zerolog.ErrorLevel
	if stop.Reason.Expected() && stop.Reason.Class() == result.Stopped {
		level = zerolog.WarnLevel
	}
	l.logger.WithLevel(level).Str(FieldReason, string(stop.Reason)).Str("detail", stop.Detail).Msg(stop.Reason.Headline())
}
