package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
)

// between lets the next wave begin when nothing and nobody is against it: the
// gate, the pause, and a person. After the last wave only the gate is told. An
// error is a [result.Stop].
func (e *engine) between(ctx context.Context, ended event.WaveEnded) error {
	last := ended.N == ended.Of
	if err := e.askGate(ctx, ended, last); err != nil || last {
		return err
	}
	if pause := e.cfg.PauseBetween; pause > 0 {
		why := fmt.Sprintf("the pause after wave %d of %d", ended.N, ended.Of)
		if err := e.cfg.Control.AwaitNext(ctx, time.Now().Add(pause), why); err != nil {
			return err
		}
	}
	if e.cfg.ConfirmWave == nil {
		return nil
	}
	e.emit(event.Asking{})
	err := e.cfg.ConfirmWave(ctx, ended)
	if errors.Is(err, ErrDeclined) {
		return result.Stop{Reason: result.StoppedByWave, Detail: fmt.Sprintf("nobody agreed to go on after wave %d of %d", ended.N, ended.Of)}
	}
	return err
}

// askGate asks the gate, and holds the run when it is against the next wave. When
// there is none, that is only told.
func (e *engine) askGate(ctx context.Context, ended event.WaveEnded, last bool) error {
	if e.cfg.Gate == nil {
		return nil
	}
	err := e.cfg.Gate(ctx, ended)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil:
		return nil
	}
	why := fmt.Sprintf("the gate after wave %d of %d: %s", ended.N, ended.Of, result.OneLine(err))
	if last {
		e.emit(event.Noticed{Detail: why})
		return nil
	}
	return e.cfg.Control.AwaitNext(ctx, time.Time{}, why+`; "ctl next" lets it go`)
}
