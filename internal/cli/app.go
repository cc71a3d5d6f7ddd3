package cli

import (
	"io"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/internal/accounts"
	"github.com/bulknum/bulknum/report/mask"
)

// app is what the commands share.
type app struct {
	Streams
	// display is standard error for what draws there: the bar, and log lines in colour.
	display io.Writer
	// logMask hides what identifies persons in what is said on standard error; nil: nothing is hidden.
	logMask *mask.Masker
	// quiet is -q: a good end prints nothing.
	quiet bool
	// ended is why the run of this command ended early, as its log has it.
	ended result.Stop
	// running is set when a command's own work has begun: an error before it
	// is wrong usage.
	running bool
	// command is the command that was given, with those above it.
	command string
	// accounts say whose command it is, and account is that one; nil: the environment's.
	accounts struct{ name, dir string }
	account  *accounts.Account
	// hosted is what has the command carried out elsewhere, or for others; nil: it is carried out for who gave it.
	hosted *hosted
	// control is of the run, if the command has one.
	control *control.Control
	// observers are told of a run, besides who is at the terminal; nil: there are
	// none.
	observers *observers
	// keyboard is what a person types, once someone was asked.
	keyboard *keyboard
}
