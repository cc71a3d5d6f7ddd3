package control

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
)

// version is that of the conversation. A run refuses a newer request.
const version = 1

// Status asks only where a run stands; the other commands are the engine's.
const Status event.Command = "status"

// Request is what is asked of a run.
type Request struct {
	Version int           `json:"version"`
	Do      event.Command `json:"do"`
	// Rate is for [event.CommandRate], as in "20/m".
	Rate string `json:"rate,omitempty"`
	// By is who asks, where the system does not tell.
	By string `json:"by,omitempty"`
}

// Answer is what came of it.
type Answer struct {
	Version int `json:"version"`
	// Error says why it was not done; "": it was.
	Error string `json:"error,omitempty"`
	// Status is where the run stands afterwards.
	Status control.Document `json:"situation"`
}

// check refuses a request that this version does not understand.
func (r Request) check() error {
	if r.Version > version {
		return fmt.Errorf("the request has version %d, and the run understands up to %d", r.Version, version)
	}
	switch r.Do {
	case Status, event.CommandPause, event.CommandContinue, event.CommandRate, event.CommandNext, event.CommandStop:
		return nil
	default:
		return errors.New("the run does not know what is asked for")
	}
}

// maxShown bounds what is shown of a text that came from outside.
const maxShown = 200

// printable is a text on one line, without what a terminal might obey.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, ""))
	runes := []rune(strings.TrimSpace(text))
	return string(runes[:min(len(runes), maxShown)])
}
