package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/paging"
)

// The patience of check: somebody is looking at it.
const (
	checkOutageWait  = 5 * time.Second
	checkMaxAttempts = 3
)

func checkCommand(a *app) *cobra.Command {
	f := connectFlags{shared: true, outageWait: checkOutageWait, maxAttempts: checkMaxAttempts, store: &storeFlags{}}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Try the credentials, and show what the API says",
		Long: `Fetch a token for each endpoint that an ordinary run uses, read the first page
of the inventory, and print what was learnt: account, numbers, page size, clock,
rate, and what a full reading costs. No number is changed. (The endpoints of
routes are tried by --check-routes, when a plan is made.)

Two more requests at most find out whether the inventory comes in larger pages
when it is asked for them (TotalNumbersRequested). Where it does, that is kept
in the store of the runs folder, which is made if there is none: plans and
exports ask for such pages from then on, until an answer contradicts it.

Exit code 7 when something is refused, 6 when the API does not answer.`,
		Example: `  bulknum check
  bulknum check --sandbox`,
		Args: takesNone,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCheck(a, cmd, &f, asJSON) },
	}
	f.define(cmd)
	f.store.defineSandboxPlace(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was learnt as one JSON document")
	inGroup(cmd.Flags(), whatGroup, sandboxFlag)
	inGroup(cmd.Flags(), runGroup, option.RunsDir)
	inGroup(cmd.Flags(), outputGroup, "json")
	inGroup(cmd.Flags(), rateGroup)
	return cmd
}

// checkedEndpoints are those that a run can need.
func checkedEndpoints() []client.Endpoint {
	return []client.Endpoint{client.EndpointUpdate, client.EndpointNumber, client.EndpointInventory, client.EndpointOrder}
}

func runCheck(a *app, cmd *cobra.Command, f *connectFlags, asJSON bool) error {
	way, err := a.connect(cmd, f)
	if err != nil {
		return err
	}
	defer way.close()
	reader, err := client.NewReader(way.config)
	if err != nil {
		return &configError{err: err}
	}
	if err := a.awaitAsked(cmd.Context(), f, way, reader); err != nil {
		return err
	}
	done, err := shareQuota(cmd.Context(), a, f, way, reader.Gate(), sharer{})
	if err != nil {
		return err
	}
	defer done()
	c := checkup{out: a.Out, rate: way.config.Rate}
	if asJSON {
		c.out = io.Discard
	}
	c.learnt = CheckDocument{Version: checkedVersion, Address: way.api, AccountKey: way.account, Rate: way.config.Rate.String(), Tokens: []CheckedToken{}}
	c.reader = reader.With(client.Trace{
		Done:    func(_ context.Context, _ client.Attempt) { c.learnt.Requests++ },
		Waiting: printWaits(a.Streams),
	})
	c.keep = func(ctx context.Context, size int) error { return a.keepPageSize(ctx, f, way, size) }
	fact(c.out, "address", "%s", way.api)
	fact(c.out, "account key", "%s", way.account)
	if err := c.run(cmd.Context()); err != nil {
		return err
	}
	if c.learnt.Requests > 0 {
		fact(c.out, "requests", "%d used by this check", c.learnt.Requests)
	}
	if asJSON {
		if err := c.learnt.write(a.Out); err != nil {
			return err
		}
	}
	return c.verdict()
}

// checkup is a check under way.
type checkup struct {
	out    io.Writer
	reader *client.Reader
	rate   client.Rate
	keep   func(ctx context.Context, size int) error // how many numbers a page can be asked for
	learnt CheckDocument
	failed []error // one for each endpoint that cannot be used
}

// run tries all there is to try. Its error is the end of the context.
func (c *checkup) run(ctx context.Context) error {
	var last client.TokenInfo
	readable := false
	for _, endpoint := range checkedEndpoints() {
		info, err := c.reader.Token(ctx, endpoint)
		if ctx.Err() != nil {
			return err
		}
		if info.Given {
			c.learnt.TokenGiven = true
			fact(c.out, "token", "given by TELEGENT_TOKEN; which endpoint it is for is not known")
			fact(c.out, "inventory", "not read: TELEGENT_TOKEN is good for one endpoint only")
			return nil
		}
		c.learnt.Tokens = append(c.learnt.Tokens, tokenOf(endpoint, info, err))
		fact(c.out, "token", "%s: %s", endpoint, granted(info, err))
		if err != nil {
			c.failed = append(c.failed, err)
			continue
		}
		last = info
		readable = readable || endpoint == client.EndpointInventory
	}
	if len(c.failed) < len(checkedEndpoints()) {
		c.learnt.clock(last)
		fact(c.out, "clock", "%s", clock(last))
	}
	fact(c.out, "rate", "%s, one request every %s", c.rate, c.rate.Every().Round(time.Millisecond))
	if inForce := c.reader.Gate().Rate(); inForce.Every() > c.rate.Every() {
		c.learnt.LearntRate = inForce.String()
		fact(c.out, "learnt rate", "%s: what was faster was answered 429", inForce)
	}
	if !readable {
		fact(c.out, "inventory", "not read: there is no token for it")
		return nil
	}
	return c.inventory(ctx)
}

// verdict is the gravest of what failed, or nil: exit codes grow with it.
func (c *checkup) verdict() error {
	if len(c.failed) == 0 {
		return nil
	}
	gravest := slices.MaxFunc(c.failed, func(a, b error) int { return ExitCode(a) - ExitCode(b) })
	return fmt.Errorf("%d of %d endpoints cannot be used: %w", len(c.failed), len(checkedEndpoints()), gravest)
}

// inventory reads one page, finds out in what pages it can come, and says what all of them would cost. Its error is the end
// of the context.
func (c *checkup) inventory(ctx context.Context) error {
	page, err := c.reader.FirstPage(ctx)
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		c.learnt.Inventory = &CheckedInventory{Error: err.Error()}
		fact(c.out, "inventory", "cannot be read: %s", err)
		c.failed = append(c.failed, err)
		return nil
	}
	found, err := paging.Find(ctx, c.reader, page)
	if err != nil {
		return err
	}
	i := newCheckedInventory(page, found)
	if found.Meaning != paging.Untold { // else what was found before may still be so
		i.PageSize.kept(c.keep(ctx, found.Size))
	}
	c.learnt.Inventory = i
	i.print(c.out, c.rate)
	return nil
}
