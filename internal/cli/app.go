package cli

import (
	"io"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/export"
	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store/postgres"
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
	// input opens an input in place of its file; nil: the file is opened.
	input func() (io.ReadCloser, error)
	// summary, verification and export are what the command came to, for who carries out several; nil: there is none.
	summary      *runs.Summary
	verification *batch.Verification
	export       *export.Result
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

// storeUse is what a store is opened for.
type storeUse int

const (
	toRead storeUse = iota
	toWrite
)

// patience is how long a request of a command may take, and how long what is away is waited for; nil: it makes none.
type patience struct {
	timeout, outageWait *time.Duration
}

// hosted is what has a command of an account carried out beside those of others, by a worker, or entered for one. A nil one
// changes nothing.
type hosted struct {
	// folder are the runs in the runs folder DIR of a store that the process shares; is reports whether it does.
	folder func(dir string, use storeUse, waits patience, at postgres.Address) (in runs.Folder, done func(), is bool, err error)
	// entered is told the run that was entered in place of being carried out; nil: it is carried out.
	entered func(run *runs.Run, config batch.Config)
	// leaves is of a worker: a run that waits for its hours, or for somebody, leaves its place to others meanwhile.
	leaves bool
	// begins is when the hours begin that the run has ended for.
	begins time.Time
}

// enters reports whether runs are only entered.
func (h *hosted) enters() bool { return h != nil && h.entered != nil }

// leavesSlot reports whether a run ends where it would wait for hours, or for somebody.
func (h *hosted) leavesSlot() bool { return h != nil && h.leaves }

// closed notes when the hours of a run that has ended begin.
func (h *hosted) closed(in hours.Hours) {
	if h != nil {
		h.begins, _ = in.Next(time.Now())
	}
}
