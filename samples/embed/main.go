// Command embed is a service that embeds bulknum: a file is uploaded, its run watched and stopped, and what became of each
// row is JSON.
//
//	curl --data-binary @nightly.csv localhost:8080/runs     begins a run, and answers its name
//	curl -N localhost:8080/runs/NAME/progress               how far it is, as server-sent events
//	curl -X DELETE localhost:8080/runs/NAME                 stops it; what is in flight may finish
//	curl localhost:8080/runs/NAME                           what became of each row
//
// Whoever reaches it may change numbers: put what asks for a password before it.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

// run serves until it is told to end.
func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	api := client.Config{BaseURL: os.Getenv("TELEGENT_API_URL"), Credentials: client.Credentials{
		AccountKey:    os.Getenv("TELEGENT_ACCOUNT_KEY"),
		AccountSecret: client.NewSecret(os.Getenv("TELEGENT_ACCOUNT_SECRET")),
	}}
	return serve(ctx, "localhost:8080", "runs", api)
}

// serve serves until ctx ends: then no row is begun any more, and what is in flight may finish.
func serve(ctx context.Context, address, runsDir string, access client.Config) (err error) {
	api, err := client.New(access)
	if err != nil {
		return err
	}
	defer api.CloseIdleConnections()
	store, err := sqlite.Open(ctx, sqlite.Options{Dir: runsDir, Program: "embed"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	config := batch.Defaults()
	config.Client, config.Store, config.RunsDir = api, store, runsDir
	s := newService(config)
	server := &http.Server{Addr: address, Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.ListenAndServe() }()
	select {
	case err = <-served: // such as an address that is taken
	case <-ctx.Done():
	}
	s.close() // streams end with their runs
	return errors.Join(err, server.Shutdown(context.WithoutCancel(ctx)))
}
