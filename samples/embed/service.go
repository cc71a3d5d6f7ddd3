package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/runs"
)

const (
	maxUpload = 64 << 20 // bytes
	every     = 200 * time.Millisecond
)

// service carries out runs of one account, one after the other: side by side they would only share its rate.
type service struct {
	config batch.Config // what all runs have in common
	turn   chan struct{}
	own    func() (context.Context, context.CancelFunc) // of a run: it ends with the service
	end    context.CancelFunc
	going  sync.WaitGroup
	jobs   sync.Map // name of a run -> *job, of those of this process
}

// job is a run of this process.
type job struct {
	control *control.Control // has its status at any time
	stop    context.CancelFunc
	over    chan struct{} // closed when it has ended
	err     error         // why nothing was sent; not before it is over
}

func newService(config batch.Config) *service {
	ctx, end := context.WithCancel(context.Background())
	return &service{
		config: config, turn: make(chan struct{}, 1), end: end,
		own: func() (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
	}
}

// close stops all runs, and returns when they have ended.
func (s *service) close() {
	s.end()
	s.going.Wait()
}

func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /runs", s.begin)
	mux.HandleFunc("GET /runs/{name}/progress", s.of(progress))
	mux.HandleFunc("DELETE /runs/{name}", s.of(func(_ http.ResponseWriter, _ *http.Request, j *job) { j.stop() }))
	mux.HandleFunc("GET /runs/{name}", s.of(s.outcome))
	return mux
}

// of handles a request about a run.
func (s *service) of(handle func(http.ResponseWriter, *http.Request, *job)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if j, is := s.jobs.Load(r.PathValue("name")); is {
			handle(w, r, j.(*job))
			return
		}
		http.NotFound(w, r)
	}
}

// begin begins a run of the file that is the body.
func (s *service) begin(w http.ResponseWriter, r *http.Request) {
	var file bytes.Buffer // the run outlives the request
	if _, err := file.ReadFrom(http.MaxBytesReader(w, r.Body, maxUpload)); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	cfg := s.config
	cfg.RunName = time.Now().UTC().Format("20060102T150405Z-") + rand.Text()[:8]
	cfg.Source, cfg.SourceName, cfg.Control = &file, "upload.csv", control.New()
	ctx, stop := s.own()
	j := &job{control: cfg.Control, stop: stop, over: make(chan struct{})}
	s.jobs.Store(cfg.RunName, j)
	s.going.Go(func() {
		defer close(j.over)
		defer stop()
		j.err = s.apply(ctx, cfg)
	})
	write(w, map[string]string{"run": cfg.RunName})
}

// apply waits for its turn, and for the account, which the command may have, and makes a run.
func (s *service) apply(ctx context.Context, cfg batch.Config) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	account, err := cfg.Store.Account(ctx, cfg.Client.BaseURL(), cfg.Client.Account())
	if err != nil {
		return err
	}
	if cfg.Lock, err = batch.LockAccount(ctx, cfg.Store, account, "embed", time.Hour); err != nil {
		return err
	}
	defer cfg.Lock.Release()
	_, err = batch.Apply(ctx, cfg) // what became of it is in the store
	return err
}

// progress streams how far the run is, as ctl shows it, until it has ended.
func progress(w http.ResponseWriter, r *http.Request, j *job) {
	w.Header().Set("Content-Type", "text/event-stream")
	for over := false; !over; {
		select {
		case <-j.over:
			over = true
		case <-time.After(every):
		case <-r.Context().Done():
			return
		}
		status, err := json.Marshal(j.control.Status(time.Now()).Document())
		if err != nil {
			return
		}
		_, _ = fmt.Fprintf(w, "event: progress\ndata: %s\n\n", status) // whoever went away ends r's context
		_ = http.NewResponseController(w).Flush()
	}
}

// outcome tells what became of each row, and why the run ended early or sent nothing, when it is over.
func (s *service) outcome(w http.ResponseWriter, r *http.Request, j *job) {
	told := struct {
		Error string               `json:"error,omitempty"`
		Rows  []runs.PlannedResult `json:"rows"`
	}{Rows: []runs.PlannedResult{}}
	select {
	case <-j.over:
	default:
		http.Error(w, "it goes on", http.StatusConflict)
		return
	}
	if j.err != nil { // nothing was sent
		told.Error = j.err.Error()
		write(w, told)
		return
	}
	run, err := runs.Folder{Store: s.config.Store, Dir: s.config.RunsDir}.Open(r.Context(), r.PathValue("name"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if early := run.Err(); early != nil {
		told.Error = early.Error()
	}
	for row, err := range runs.PlannedResults(r.Context(), run) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		told.Rows = append(told.Rows, row)
	}
	write(w, told)
}

// write answers with JSON.
func write(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(what) // whoever went away misses it
}
