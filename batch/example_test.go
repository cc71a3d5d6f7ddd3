package batch_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
)

// A run within a service: its input comes from a reader, a listener is told what happens, and its control stops it, as the
// end of the context would.
func ExampleApply() {
	err := func() error {
		box, err := sandbox.New(sandbox.Config{Seed: 1})
		if err != nil {
			return err
		}
		server := httptest.NewServer(box)
		defer server.Close()
		api, err := client.New(client.Config{
			BaseURL:     server.URL,
			Credentials: client.Credentials{AccountKey: "DID-example", AccountSecret: client.NewSecret("secret")},
			Rate:        client.Unlimited, // for the sandbox only
		})
		if err != nil {
			return err
		}
		dir, err := os.MkdirTemp("", "runs")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		ctx := context.Background()
		store, err := sqlite.Open(ctx, sqlite.Options{Dir: dir})
		if err != nil {
			return err
		}
		defer store.Close()

		cfg := batch.Defaults()
		cfg.Client, cfg.Store, cfg.RunsDir, cfg.Workers = api, store, dir, 1
		upload := "Number,MessageRouteId\n"
		for i := range 500 {
			upload += fmt.Sprintf("+1801801%04d,MRID-b\n", 8011+i)
		}
		cfg.Source, cfg.SourceName = strings.NewReader(upload), "upload.csv"
		cfg.Control = control.New()
		cfg.Listeners = []event.Listener{func(e event.Event) {
			if done, is := e.(event.Finished); is && done.Row == 1 {
				fmt.Println(e.Kind(), done.Number, done.Status)
				cfg.Control.Stop(result.Stop{Reason: result.StoppedByOperator}) // others may be under way
			}
		}}
		run, err := batch.Apply(ctx, cfg)
		if err != nil {
			return err // nothing was sent
		}
		fmt.Println(run.Err())
		left := 0
		for row, err := range runs.PlannedResults(ctx, run) {
			if err != nil {
				return err
			}
			if row.Result.Status == result.NotAttempted {
				left++
			}
		}
		fmt.Println("rows are left:", left > 0)
		return nil
	}()
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// row +18018018011 updated
	// stopped: operator
	// rows are left: true
}
