package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/words"
)

// The patience of check: somebody is looking at it.
const (
	checkOutageWait  = 5 * time.Second
	checkMaxAttempts = 3
)

func checkCommand(a *app) *cobra.Command {
	f := connectFlags{shared: true, outageWait: checkOutageWait, maxAttempts: checkMaxAttempts, store: &storeFlags{}}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Try the credentials, and show what the API says",
		Long: `Fetch a token for each endpoint that an ordinary run uses, read the first page
of the inventory, and print what was learnt: account, numbers, page size, clock,
rate, and what a full reading costs. Nothing is changed. (The endpoints of
routes are tried by --check-routes, when a plan is made.)

Exit code 7 when something is refused, 6 when the API does not answer.`,
		Example: `  bulknum check
  bulknum check --sandbox`,
		Args: takesNone,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCheck(a, cmd, &f) },
	}
	f.define(cmd)
	f.store.defineSandboxPlace(cmd.Flags())
	inGroup(cmd.Flags(), whatGroup, sandboxFlag)
	inGroup(cmd.Flags(), runGroup, option.RunsDir)
	inGroup(cmd.Flags(), rateGroup)
	return cmd
}

// checkedEndpoints are those that a run can need.
func checkedEndpoints() []client.Endpoint {
	return []client.Endpoint{client.EndpointUpdate, client.EndpointNumber, client.EndpointInventory, client.EndpointOrder}
}

func runCheck(a *app, cmd *cobra.Command, f *connectFlags) error {
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
	requests := 0
	c := checkup{out: a.Out, rate: way.config.Rate, reader: reader.With(client.Trace{
		Done:    func(client.Attempt) { requests++ },
		Waiting: printWaits(a.Streams),
	})}
	fact(a.Out, "address", "%s", way.api)
	fact(a.Out, "account key", "%s", way.account)
	if err := c.run(cmd.Context()); err != nil {
		return err
	}
	if requests > 0 {
		fact(a.Out, "requests", "%d used by this check", requests)
	}
	return c.verdict()
}

// checkup is a check under way.
type checkup struct {
	out    io.Writer
	reader *client.Reader
	rate   client.Rate
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
			fact(c.out, "token", "given by TELEGENT_TOKEN; which endpoint it is for is not known")
			fact(c.out, "inventory", "not read: TELEGENT_TOKEN is good for one endpoint only")
			return nil
		}
		fact(c.out, "token", "%s: %s", endpoint, granted(info, err))
		if err != nil {
			c.failed = append(c.failed, err)
			continue
		}
		last = info
		readable = readable || endpoint == client.EndpointInventory
	}
	if len(c.failed) < len(checkedEndpoints()) {
		fact(c.out, "clock", "%s", clock(last))
	}
	fact(c.out, "rate", "%s, one request every %s", c.rate, c.rate.Every().Round(time.Millisecond))
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

// granted is in words whether a token was granted.
func granted(info client.TokenInfo, err error) string {
	call, failed := errors.AsType[*client.Error](err)
	switch {
	case failed && (call.Kind == client.KindCredentials || call.Kind == client.KindForbidden):
		return "refused: " + reason(call)
	case failed:
		return "not granted: " + reason(call)
	case info.Expiry.IsZero():
		return "granted, without a readable expiry"
	default:
		return fmt.Sprintf("granted for %s", info.Life.Round(time.Second))
	}
}

// reason is why a call failed, without the endpoint.
func reason(call *client.Error) string {
	return strings.TrimPrefix(call.Error(), string(call.Endpoint)+": ")
}

// clock is the clock difference in words.
func clock(info client.TokenInfo) string {
	difference := info.ClockDifference.Round(time.Second)
	switch {
	case !info.ClockKnown:
		return "the server does not send its time"
	case difference.Abs() <= time.Second: // the server tells whole seconds
		return "the same as the server's, to a second"
	case difference < 0:
		return fmt.Sprintf("%s ahead of the server's", -difference)
	default:
		return fmt.Sprintf("%s behind the server's", difference)
	}
}

// inventory reads one page, and says what all of them would cost. Its error is
// the end of the context.
func (c *checkup) inventory(ctx context.Context) error {
	for page, err := range c.reader.Inventory(ctx, 1) {
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			fact(c.out, "inventory", "cannot be read: %s", err)
			c.failed = append(c.failed, err)
			break
		}
		size := len(page.Numbers)
		fact(c.out, "account", "%s", page.AccountId)
		if page.TotalResults < 0 {
			fact(c.out, "numbers", "total unknown; %d on the first page", size)
			break
		}
		fact(c.out, "numbers", "%d, %d on a page", page.TotalResults, size)
		if size > 0 {
			pages := (page.TotalResults + size - 1) / size
			fact(c.out, "full reading", "%d requests, %s at %s", pages, (time.Duration(pages) * c.rate.Every()).Round(time.Second), c.rate)
		}
		break
	}
	return nil
}

// fact prints one thing that was learnt.
func fact(out io.Writer, name, format string, args ...any) {
	fmt.Fprintf(out, "%-13s %s\n", name, words.Printable(fmt.Sprintf(format, args...)))
}
