package current_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// bench is an API, and a run of a store for what is read there.
type bench struct {
	fake  *sandbox.Sandbox
	api   *client.Reader
	store store.Store
	run   store.RunID
}

func newBench(t *testing.T, config sandbox.Config) *bench {
	t.Helper()
	fake, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	transport, stop := pipenet.Listen().Serve(fake)
	t.Cleanup(stop)
	api, err := client.NewReader(client.Config{
		BaseURL:     "http://localhost",
		Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
		Transport:   transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	of := storetest.Open(t, t.TempDir())
	account, err := of.Account(t.Context(), "http://localhost", "DID-1")
	if err != nil {
		t.Fatal(err)
	}
	run, err := of.NewRun(t.Context(), store.NewRun{Name: "run", Account: account.ID, Source: strings.NewReader("")})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{fake: fake, api: api, store: of, run: run.ID}
}

// readings are new ones, kept in the store.
func (b *bench) readings() *current.Readings {
	return current.NewReadings(store.ForPlan, func(records ...store.Record) error { return b.store.Append(b.run, records...) })
}

// A reading that was interrupted goes on where it was: no page is read twice.
func TestReadingGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{Numbers: 1000, PageSize: 20})
		read := func(ctx context.Context) (plan.Reading, error) {
			known := b.readings()
			if err := known.Resume(t.Context(), b.store, b.run, time.Hour); err != nil {
				t.Fatal(err)
			}
			numbers := map[string]struct{}{"+18015550199": {}}
			for i := range 900 {
				number, _ := b.fake.InventoryNumber(i)
				numbers[number] = struct{}{}
			}
			return current.Reader{API: b.api, Way: plan.ReadAuto, Workers: 4, Now: time.Now, Tell: func(plan.Reading) {}}.Read(ctx, known, numbers)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		first, err := read(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || first.Pages == 0 || first.Pages > 25 {
			t.Fatalf("interrupted: %+v, %v", first, err)
		}
		second, err := read(t.Context())
		if err != nil || second.Found != 901 || second.Pages+first.Pages > 51 {
			t.Errorf("first %+v, then %+v, %v", first, second, err)
		}
		if n := b.fake.Stats().Endpoints[sandbox.Inventory].Requests; n > 51 { // one may have been under way
			t.Errorf("%d pages were asked for", n)
		}
	})
}
