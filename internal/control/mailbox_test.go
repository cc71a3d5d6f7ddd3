package control_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	run "github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/internal/control"
)

// box hands requests over at once, as a store does after a while.
type box chan func(func(store.Message) string)

func (b box) Ask(ctx context.Context, _ store.RunID, text string, _ time.Duration) (string, error) {
	answer := make(chan string, 1)
	ask := func(desk func(store.Message) string) { answer <- desk(store.Message{Role: "bulknum", Text: text}) }
	select {
	case b <- ask:
		return <-answer, nil
	case <-ctx.Done():
		return "", errors.Join(store.ErrUntaken, context.Cause(ctx))
	}
}

func (b box) Receive(ctx context.Context, _ store.RunID, answer func(store.Message) string) {
	for {
		select {
		case ask := <-b:
			ask(answer)
		case <-ctx.Done():
			return
		}
	}
}

// Through a store a run gives the same answers as at its socket, and knows from where and by which role it is asked.
func TestAskThroughTheStore(t *testing.T) {
	c, b := run.New(), make(box)
	stop := control.ServeThrough(b, 1, c)
	ask := func(r control.Request) (run.Document, error) {
		return control.AskThrough(t.Context(), b, 1, "ops@\x1bhost", r)
	}
	if s, err := ask(control.Request{Do: event.CommandPause, By: "alice"}); err != nil || s.Why != "paused by alice (ops@ host, as bulknum)" {
		t.Errorf("got %+v, %v", s, err)
	}
	_, err := ask(control.Request{Do: event.CommandContinue, By: "bob"})
	if refused, is := errors.AsType[*run.RefusedError](err); !is || refused.Way.Whose != "alice" {
		t.Errorf("somebody else's pause: %v", err)
	}
	if s, err := ask(control.Request{Do: event.CommandContinue, Whose: "alice"}); err != nil || s.Phase != run.PhaseStarting {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := ask(control.Request{Do: "dance"}); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("got %v", err)
	}
	if s, err := ask(control.Request{Do: control.Status}); err != nil || s.Phase != run.PhaseStarting {
		t.Errorf("got %+v, %v", s, err)
	}
	stop()
	ctx, gone := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer gone()
	if _, err := control.AskThrough(ctx, b, 1, "", control.Request{Do: event.CommandPause}); !errors.Is(err, store.ErrUntaken) {
		t.Errorf("got %v", err)
	}
}
