package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/store"
)

// release is who told that other jobs may take a cutover back.
type release struct {
	// Run is the one that was told to release it, User, Ticket and Operator who
	// told so.
	Run      string `json:"run"`
	User     string `json:"user,omitempty"`
	Ticket   string `json:"ticket,omitempty"`
	Operator string `json:"operator,omitempty"`
}

// begin records that the plan begins to be carried out, and what may be taken
// back from here on.
func (e *engine) begin(ctx context.Context) error {
	at := time.Now()
	begins, err := milestone(store.Began, at, began{
		Rate: e.cfg.Rate.String(), Deadline: e.cfg.Deadline, Behalf: e.cfg.Behalf, Routes: e.routes.Names(),
		Release: e.cfg.Release, Cautions: e.cfg.Cautions.asked(), Manner: e.cfg.Manner,
	})
	if err != nil {
		return err
	}
	records := []store.Record{begins}
	for _, name := range e.cfg.Release {
		cutover, err := e.cfg.Store.Run(ctx, name)
		if errors.Is(err, store.ErrNotFound) {
			continue // it was removed meanwhile: it protects nothing any more
		}
		if err != nil {
			return err
		}
		doc, err := json.Marshal(release{Run: e.me.Name, User: e.cfg.User, Ticket: e.cfg.Behalf.Ticket, Operator: e.cfg.Behalf.Operator})
		if err != nil {
			return err
		}
		records = append(records, &store.Unprotected{Cutover: cutover.ID, At: at, Doc: doc})
	}
	if err := e.record(records...); err != nil {
		return err
	}
	e.begun = true
	return nil
}

// FindCutover returns the name of a run that can be released, which is given as
// its folder or its name.
func (f RunsFolder) FindCutover(ctx context.Context, name string) (string, error) {
	own, err := f.nameOf(name)
	if err != nil {
		return "", err
	}
	run, err := f.Store.Run(ctx, own)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if !run.Cutover {
		return "", fmt.Errorf("run %s had no waves: nothing that it changed is kept from being changed back", run.Name)
	}
	return run.Name, nil
}

// allReleased is what a run releases that goes on: what it began with, and what is
// given now.
func allReleased(before, now []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(append(slices.Clip(before), now...))))
}
