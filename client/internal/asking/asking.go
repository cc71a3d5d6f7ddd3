// Package asking is in which of several ways a server understands what it is asked for: by which parameter, in which spelling.
package asking

import (
	"context"
	"sync/atomic"
)

// Ways are the ways of asking for one kind of thing, counted from 0. It is safe for concurrent use.
type Ways struct {
	of    int
	known atomic.Int64 // 1 more than the way that is understood; 0: not known yet
	// turn has room for one that finds it out: what it finds is known to all.
	turn chan struct{}
}

// New returns so many ways of asking, of which the first is tried first.
func New(of int) *Ways { return &Ways{of: of, turn: make(chan struct{}, 1)} }

// Best is the way that is understood, or else the first.
func (w *Ways) Best() int { return int(max(0, w.known.Load()-1)) }

// Ask asks in the way that is known to be understood. Until one is, it asks in the first, and where that was misunderstood, in
// each of the others. Then its error is that of the first.
func Ask[V any](ctx context.Context, w *Ways, misunderstood func(error) bool, ask func(way int) (V, error)) (V, error) {
	if w.known.Load() > 0 {
		return ask(w.Best())
	}
	value, refused := noted(w, 0, ask)
	if !misunderstood(refused) {
		return value, refused
	}
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return ask(0) // which says what it is that ended it
	}
	if w.known.Load() > 0 {
		if w.Best() > 0 {
			return ask(w.Best())
		}
		return value, refused
	}
	for way := 1; way < w.of; way++ {
		if other, err := noted(w, way, ask); !misunderstood(err) {
			return other, err
		}
	}
	return value, refused
}

// noted asks in a way, and notes when it is understood.
func noted[V any](w *Ways, way int, ask func(way int) (V, error)) (V, error) {
	value, err := ask(way)
	if err == nil {
		w.known.Store(int64(way) + 1)
	}
	return value, err
}
