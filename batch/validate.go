package batch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/settings"
)

// Validate returns everything that is wrong with the configuration of [Apply], a
// [ConfigError] for each field; nil when nothing is. It sends nothing. Every operation refuses, before it does
// anything, what is wrong with what it needs.
func (cfg Config) Validate() error {
	cfg.Access = cfg.complete()
	return allOf(cfg.invalidInput(), cfg.invalidSending())
}

// ConfigError is what is wrong with a field of a [Config].
type ConfigError struct {
	Field, Problem string
}

// Error names the field, and says what is wrong with it.
func (e *ConfigError) Error() string { return fmt.Sprintf("batch: %s: %s", e.Field, e.Problem) }

// configErrors are several fields that are not as they must be.
type configErrors []error

// Error names them all, in one line.
func (e configErrors) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns them.
func (e configErrors) Unwrap() []error { return e }

// allOf is what is wrong, of all that may be; nil: nothing is.
func allOf(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 0 {
		return nil
	}
	return configErrors(errs)
}

// invalid is a field that is not as it must be.
func invalid(field, problem string, args ...any) error {
	return &ConfigError{Field: field, Problem: fmt.Sprintf(problem, args...)}
}

// needed is the error for a field that is not set.
func needed(field string, is bool) error {
	if is {
		return nil
	}
	return invalid(field, "it is not set")
}

// invalidInput is what is wrong with what a new run is made of.
func (cfg Config) invalidInput() error {
	var unknown []error
	for _, field := range cfg.Fields {
		if name, err := settings.ParseField(field); err != nil {
			unknown = append(unknown, invalid("Fields", "%v", err))
		} else if name != field {
			unknown = append(unknown, invalid("Fields", "%q: want %q", field, name))
		}
	}
	var waves error
	if _, err := plan.ParseWaves(cfg.Waves.String()); len(cfg.Waves) > 0 && err != nil {
		waves = invalid("Waves", "%v", err)
	}
	var included error
	if cfg.IncludeFailed && cfg.Job == "" {
		included = invalid("IncludeFailed", "what has no job has no last run")
	}
	return allOf(slices.Concat([]error{needed("Source", cfg.Source != nil), included}, unknown, []error{waves})...)
}

// invalidSending is what is wrong with what a run needs that sends.
func (cfg Config) invalidSending() error {
	return allOf(needed("Client", cfg.Client != nil && cfg.Client.Reader != nil), cfg.invalidReading())
}

// invalidReading is what is wrong with what every operation needs that reads numbers.
func (cfg Config) invalidReading() error {
	wrong := []error{
		cfg.invalidStore(), needed("Reader", cfg.Reader != nil),
		needed("Account", cfg.Account != ""), needed("API", cfg.API != ""),
	}
	if cfg.Workers < 1 {
		wrong = append(wrong, invalid("Workers", "%d, want at least 1", cfg.Workers))
	}
	if cfg.MaxWave < 0 {
		wrong = append(wrong, invalid("MaxWave", "%d is below zero", cfg.MaxWave))
	}
	for _, limit := range []struct {
		field string
		value time.Duration
	}{
		{"Recheck", cfg.Recheck}, {"ReadLag", cfg.ReadLag}, {"WaitFor", cfg.WaitFor}, {"PauseBetween", cfg.PauseBetween},
		{"Propagation", cfg.Propagation.For}, {"SecondPass", cfg.SecondPass},
		{"StateMaxAge", cfg.StateMaxAge}, {"ApprovedMaxAge", cfg.ApprovedMaxAge}, {"Keep", cfg.Keep},
	} {
		if limit.value < 0 {
			wrong = append(wrong, invalid(limit.field, "%v is below zero", limit.value))
		}
	}
	return allOf(wrong...)
}

// invalidStore is what is wrong with where runs are.
func (cfg Config) invalidStore() error {
	return allOf(needed("Store", cfg.Store != nil), needed("RunsDir", cfg.RunsDir != ""))
}
