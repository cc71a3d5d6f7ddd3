package batch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// A context that ends, for whatever cause, stops a run, which says so.
func TestApplyEndsWithItsContext(t *testing.T) {
	cause := errors.New("the window is closed")
	for name, test := range map[string]struct {
		end    func(context.Context) context.Context
		reason result.Reason
		words  string
	}{
		"cancelled": {func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Minute, cancel)
			return ctx
		}, result.StoppedByCaller, "context canceled"},
		"with a cause": {func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Minute, func() { cancel(cause) })
			return ctx
		}, result.StoppedByCaller, cause.Error()},
		"with a time limit": {func(ctx context.Context) context.Context {
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			t.Cleanup(cancel)
			return ctx
		}, result.StoppedByCaller, "deadline exceeded"},
		"with a stop": {func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Minute, func() { cancel(result.Stop{Reason: result.StoppedByOperator}) })
			return ctx
		}, result.StoppedByOperator, ""},
		"over before it began": {func(ctx context.Context) context.Context {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(cause)
			return ctx
		}, "", cause.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "cancelled" || name == "with a time limit" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sandbox.Config{}, rows(100))
				b.onceMore()
				run, err := batch.Apply(test.end(context.Background()), b.config)
				if test.reason == "" {
					if err == nil || b.fake.Stats().Updates > 0 {
						t.Errorf("error %v, %d updates", err, b.fake.Stats().Updates)
					}
					return
				}
				if err != nil || run.Stop.Reason != test.reason || !strings.Contains(run.Stop.Detail, test.words) {
					t.Fatalf("error %v, stop %+v", err, run.Stop)
				}
				if run.Stop.ExitCode() != result.ExitStopped {
					t.Errorf("exit code %d", run.Stop.ExitCode())
				}
				got := counts(results(t, run))
				if got[result.Updated] != b.fake.Stats().Updates || got[result.NotAttempted] != 100-got[result.Updated] || got[result.Updated] == 0 {
					t.Errorf("got %v, %d were updated", got, b.fake.Stats().Updates)
				}
			})
		})
	}
}

// What is in flight when the context ends may finish, but not for ever.
func TestDrainAfterTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{Latency: 50 * time.Second}, rows(100))
		b.client.Timeout = 2 * time.Minute
		b.onceMore()
		ctx, cancel := context.WithCancel(context.Background())
		const at = 55 * time.Second // the token is there, updates are not yet
		time.AfterFunc(at, cancel)
		start := time.Now()
		run, err := batch.Apply(ctx, b.config)
		if took := time.Since(start); took != at+25*time.Second {
			t.Errorf("took %v", took)
		}
		if err != nil || run.Stop.Reason != result.StoppedByCaller {
			t.Fatalf("error %v, stop %+v", err, run.Stop)
		}
		if got := counts(results(t, run)); got[result.Unknown] == 0 || got[result.Unknown]+got[result.NotAttempted] != 100 {
			t.Errorf("got %v", got)
		}
	})
}

// Each operation refuses a configuration that it could not do with, by the field's name.
func TestAnInvalidConfigSendsNothing(t *testing.T) {
	all := map[string]func(context.Context, batch.Config) error{
		"Apply":  func(ctx context.Context, cfg batch.Config) error { _, err := batch.Apply(ctx, cfg); return err },
		"DryRun": func(ctx context.Context, cfg batch.Config) error { _, err := batch.DryRun(ctx, cfg); return err },
		"ApplyPlan": func(ctx context.Context, cfg batch.Config) error {
			_, err := batch.ApplyPlan(ctx, cfg, "any", 0)
			return err
		},
		"Resume": func(ctx context.Context, cfg batch.Config) error {
			_, err := batch.Resume(ctx, cfg, "any", batch.ResumeOptions{})
			return err
		},
		"Verify": func(ctx context.Context, cfg batch.Config) error {
			_, err := batch.Verify(ctx, cfg, "any")
			return err
		},
	}
	b := newBench(t, sandbox.Config{}, rows(10))
	b.onceMore()
	sends, begins := []string{"Apply", "ApplyPlan", "Resume"}, []string{"Apply", "DryRun"}
	everyone := []string{"Apply", "DryRun", "ApplyPlan", "Resume", "Verify"}
	for _, test := range []struct {
		who   []string
		spoil func(*batch.Config)
		want  string
	}{
		{begins, func(c *batch.Config) { c.Source = nil }, "batch: Source: it is not set"},
		{begins, func(c *batch.Config) { c.Fields = []string{"nope"} }, `batch: Fields: "nope" is not a field`},
		{begins, func(c *batch.Config) { c.Fields = []string{"messagerouteid"} }, `batch: Fields: "messagerouteid": want "MessageRouteId"`},
		{begins, func(c *batch.Config) { c.Waves = plan.Waves{{Rows: 2}, {Rows: 1}} }, "batch: Waves: the sizes are those of a wave with all before it"},
		{sends, func(c *batch.Config) { c.Client = nil }, "batch: Client: it is not set"},
		{sends, func(c *batch.Config) { c.Client = new(client.Client) }, "batch: Client: it is not set"},
		{everyone, func(c *batch.Config) { c.ReadLag = -time.Second }, "batch: ReadLag: -1s is below zero"},
		{everyone, func(c *batch.Config) { c.MaxWave = -1 }, "batch: MaxWave: -1 is below zero"},
		{[]string{"DryRun", "Verify"}, func(c *batch.Config) { c.Reader, c.Client = nil, nil }, "batch: Reader: it is not set"},
		{everyone, func(c *batch.Config) { c.Store = nil }, "batch: Store: it is not set"},
		{everyone, func(c *batch.Config) { c.RunsDir = "" }, "batch: RunsDir: it is not set"},
		{everyone, func(c *batch.Config) {
			c.Account, c.Reader = "", nil
			c.Client, _ = client.New(client.Config{Credentials: client.Credentials{Token: client.NewSecret("one")}})
		}, "batch: Account: it is not set"},
		{everyone, func(c *batch.Config) { c.Workers = 0 }, "batch: Workers: 0, want at least 1"},
		{everyone, func(c *batch.Config) { c.WaitFor = -time.Second }, "batch: WaitFor: -1s is below zero"},
	} {
		for _, who := range test.who {
			t.Run(who+": "+test.want, func(t *testing.T) {
				cfg := b.config
				test.spoil(&cfg)
				err := all[who](t.Context(), cfg)
				if err == nil || !strings.HasPrefix(err.Error(), test.want) {
					t.Errorf("got %v, want %s", err, test.want)
				}
				if wrong, ok := errors.AsType[*batch.ConfigError](err); !ok || !strings.HasPrefix(test.want, "batch: "+wrong.Field+": ") {
					t.Errorf("got %#v, want a ConfigError", err)
				}
				if n := b.fake.Stats().Requests; n != 0 {
					t.Errorf("%d requests were sent", n)
				}
			})
		}
	}
	if err := b.config.Validate(); err != nil {
		t.Errorf("what is valid is refused: %v", err)
	}
	cfg := b.config
	cfg.Source, cfg.Workers = nil, 0
	if err := cfg.Validate(); err == nil || err.Error() != "batch: Source: it is not set; batch: Workers: 0, want at least 1" {
		t.Errorf("of two fields in one line: %v", err)
	}
}

// Whom a run is for, and at which rate, its client knows.
func TestAccessIsTheClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(3))
		b.client.Rate, _ = client.ParseRate("2/s")
		b.onceMore()
		b.config.Access = batch.Access{Client: b.config.Client}
		run, err := batch.Apply(t.Context(), b.config)
		if err != nil || run.Stop.Early() {
			t.Fatal(err, run)
		}
		if is := run.Identity; is.Account != "DID-1" || is.API != "http://localhost" || is.Rate != "2/s" {
			t.Errorf("account %s, API %s, rate %s", is.Account, is.API, is.Rate)
		}
	})
}

// A run's summary is whole as soon as the run has ended, and when its input was refused.
func TestTheSummaryIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(7))
		b.onceMore()
		run, err := batch.Apply(t.Context(), b.config)
		if err != nil {
			t.Fatal(err)
		}
		summary, err := run.Summary(t.Context())
		if err != nil || summary.Rows != 7 || summary.Counts[result.Updated] != 7 {
			t.Errorf("got %+v, %v", summary, err)
		}
		b.again("no header\n")
		if run, err = batch.Apply(t.Context(), b.config); err == nil || run == nil {
			t.Fatalf("got %v, %v", run, err)
		}
		if summary, err := run.Summary(t.Context()); err != nil || summary.Rows != 0 || summary.State != runs.Stopped {
			t.Errorf("got %+v, %v", summary, err)
		}
	})
}

// Two runs go on with one client: a pause is its run's own, and so are a rate and
// what both were when the run ended.
func TestTwoRunsOnOneClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(600))
		b.client.Rate, _ = client.ParseRate("1/s")
		b.onceMore()
		one, two := b.config, b.config
		one.RunName, two.RunName = "one", "two"
		two.Source, two.Control = strings.NewReader(rows(600)), control.New()
		ends := make(chan error, 2)
		for _, cfg := range []batch.Config{one, two} {
			go func() {
				_, err := batch.Apply(context.Background(), cfg)
				ends <- err
			}()
		}
		time.Sleep(time.Minute) // of synctest: takes no real time
		for _, c := range []*control.Control{one.Control, two.Control} {
			if err := c.Pause(t.Context(), "alice"); err != nil {
				t.Fatal(err)
			}
		}
		paused := b.fake.Stats().Requests
		if err := two.Control.Continue("bob", "alice"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // of synctest: takes no real time
		if n := b.fake.Stats().Requests - paused; n != 0 {
			t.Errorf("%d requests left although one run is paused", n)
		}
		if err := one.Control.SetRate("1/m", "alice"); err != nil {
			t.Fatal(err)
		}
		one.Control.Stop(result.Stop{Reason: result.StoppedByOperator}) // while it is paused
		if err := <-ends; err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // of synctest: takes no real time
		if rate, n := one.Client.Gate().Rate(), b.fake.Stats().Requests-paused; rate.String() != "1/s" || n < 55 {
			t.Errorf("the run that ended left a rate of %v, and %d requests of the other one in a minute", rate, n)
		}
		two.Control.Stop(result.Stop{Reason: result.StoppedByOperator})
		<-ends
	})
}
