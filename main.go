// Command bulknum brings thousands of phone numbers to the settings in a file,
// through an API that takes one number a call. See README.md.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/bulknum/bulknum/internal/cli"
)

func main() {
	log.SetOutput(io.Discard) // net/http tells there what a server sends unasked, past all masking
	signals := make(chan os.Signal, 3)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as nohup does
			signal.Notify(signals, s)
		}
	}
	signal.Ignore(syscall.SIGPIPE) // whoever reads may go: the run goes on, and reports to its folder
	ctx, interrupt := context.WithCancelCause(context.Background())
	insists := make(chan struct{})
	go func() {
		interrupt(cli.Interrupted(<-signals))
		<-signals
		close(insists)
		os.Exit(cli.ExitCode(cli.Interrupted(<-signals))) // a third one exits now
	}()
	world := cli.System()
	world.Insists = insists
	os.Exit(cli.Main(ctx, world, os.Args[1:]))
}
