package batch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// newExecutionAt returns an execution for some rows against a sandbox.
func newExecutionAt(t testing.TB, fake *sandbox.Sandbox, n, workers int) *execution {
	t.Helper()
	transport, stop := pipenet.Listen().Serve(fake)
	t.Cleanup(stop)
	api, err := client.New(client.Config{
		BaseURL:     "http://localhost",
		Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
		Rate:        client.Unlimited,
		Transport:   transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	rows.WriteString("Number,MessageRouteId\n")
	for i := range n {
		fmt.Fprintf(&rows, "+1801%07d,MRID-1\n", 5550000+i)
	}
	runsDir := t.TempDir()
	e, err := prepare(context.Background(), Config{
		Access:      Access{Account: "DID-1", API: "http://localhost", Client: api, Reader: api.Reader, Rate: client.Unlimited},
		File:        File{Source: strings.NewReader(rows.String()), SourceName: "rows.csv"},
		Options:     send.Options{Workers: workers, MaxFailures: plan.Limit{Rows: 3}},
		PlanOptions: runs.PlanOptions{All: true},
		Store:       storeOf(t, runsDir), RunsDir: runsDir, Job: "rows",
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// storeOf opens the store of a runs folder, which knows who the account is.
func storeOf(t testing.TB, runsDir string) store.Store {
	t.Helper()
	of := storetest.Open(t, runsDir)
	account, err := of.Account(context.Background(), "http://localhost", "DID-1")
	if err == nil {
		_, err = of.NameAccount(context.Background(), account, "AID-1")
	}
	if err != nil {
		t.Fatal(err)
	}
	return of
}

// A store that takes no more stops the run before another request leaves,
// whichever step it is, and every row is told all the same.
func TestFullDiskStopsBeforeAnotherRequest(t *testing.T) {
	for steps, updates := range map[int]int{
		0: 0, // not even the plan
		1: 0, // not that it is carried out
		2: 0, // not the first intent
		3: 1, // not the first result
		4: 1, // not the second intent
		5: 2,
		8: 3, // not the end
	} {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			fake, err := sandbox.New(sandbox.Config{})
			if err != nil {
				t.Fatal(err)
			}
			e := newExecutionAt(t, fake, 3, 1)
			e.cfg.Store = &storetest.Full{Store: e.cfg.Store, Left: steps, Counts: storetest.Step}
			e.log.Store = e.cfg.Store
			run, err := e.execute(context.Background(), e.fromInput)
			told := run.Stop.Reason == result.StoppedByDisk || errors.Is(err, storetest.ErrFull)
			if !told || !run.Lost() {
				t.Errorf("stop %v, error %v", run.Stop, err)
			}
			if got := fake.Stats().Updates; got != updates {
				t.Errorf("%d updates, want %d", got, updates)
			}
			n := 0
			for _, err := range run.Results(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 3 {
				t.Errorf("%d rows are told", n)
			}
		})
	}
}
