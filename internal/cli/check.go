package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/client"
)

func (a *app) check() *cobra.Command {
	var f connectFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Try the credentials and say what the API tells",
		Long: `Fetch the token of each endpoint that bulknum uses, read the first page of the
inventory, and say what was learnt: account, numbers, page size, clock, pace,
and what a full reading costs. Nothing is changed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runCheck(cmd, &f) },
	}
	f.define(cmd)
	return cmd
}

// checkedEndpoints are those that a run can need.
func checkedEndpoints() []client.Endpoint {
	return []client.Endpoint{client.EndpointUpdate, client.EndpointNumber, client.EndpointInventory, client.EndpointOrder}
}

func (a *app) runCheck(cmd *cobra.Command, f *connectFlags) error {
	way, err := a.connect(cmd, f)
	if err != nil {
		return err
	}
	defer way.close()
	reader, err := client.NewReader(way.config)
	if err != nil {
		return &configError{err: err}
	}
	requests := 0
	reader = reader.With(client.Trace{Done: func(client.Attempt) { requests++ }})
	ctx := cmd.Context()

	a.fact("address", way.config.BaseURL)
	a.fact("account key", way.account)
	info, err := a.checkTokens(ctx, reader)
	if err != nil {
		return err
	}
	a.fact("clock", clock(info))
	a.fact("pace", fmt.Sprintf("%s, one request every %s", way.config.Rate, way.config.Rate.Every().Round(time.Millisecond)))
	if info.Given {
		a.fact("inventory", "not read: TELEGENT_TOKEN is good for one endpoint only")
		return nil
	}
	if err := a.checkInventory(ctx, reader, way.config.Rate); err != nil {
		return err
	}
	a.fact("requests", fmt.Sprintf("%d used by this check", requests))
	return nil
}

// checkTokens fetches each token, and returns what the last one told.
func (a *app) checkTokens(ctx context.Context, reader *client.Reader) (info client.TokenInfo, err error) {
	for _, endpoint := range checkedEndpoints() {
		info, err = reader.Token(ctx, endpoint)
		if err != nil {
			a.fact("token", fmt.Sprintf("%s: refused", endpoint))
			return info, err
		}
		switch {
		case info.Given:
			a.fact("token", "given by TELEGENT_TOKEN; which endpoint it is for is not known")
			return info, nil
		case info.Expiry.IsZero():
			a.fact("token", fmt.Sprintf("%s: granted, without a readable expiry", endpoint))
		default:
			a.fact("token", fmt.Sprintf("%s: granted for %s", endpoint, info.Life.Round(time.Second)))
		}
	}
	return info, nil
}

// clock is the clock difference in words.
func clock(info client.TokenInfo) string {
	difference := info.ClockDifference.Round(time.Second)
	switch {
	case !info.ClockKnown:
		return "the server does not tell its time"
	case difference.Abs() <= time.Second: // the server tells whole seconds
		return "the same as the server's, to a second"
	case difference < 0:
		return fmt.Sprintf("%s ahead of the server's", -difference)
	default:
		return fmt.Sprintf("%s behind the server's", difference)
	}
}

// checkInventory reads one page, and says what all of them would cost.
func (a *app) checkInventory(ctx context.Context, reader *client.Reader, rate client.Rate) error {
	for page, err := range reader.Inventory(ctx, 1) {
		if err != nil {
			return err
		}
		size := len(page.Numbers)
		a.fact("account", page.AccountId)
		if page.TotalResults < 0 {
			a.fact("numbers", fmt.Sprintf("not told; %d on the first page", size))
			break
		}
		a.fact("numbers", fmt.Sprintf("%d, %d on a page", page.TotalResults, size))
		if size > 0 {
			pages := (page.TotalResults + size - 1) / size
			a.fact("full reading", fmt.Sprintf("%d requests, %s at %s", pages, (time.Duration(pages)*rate.Every()).Round(time.Second), rate))
		}
		break
	}
	return nil
}

// fact prints one thing that was learnt.
func (a *app) fact(name, value string) {
	fmt.Fprintf(a.Out, "%-13s %s\n", strings.TrimSpace(name), value)
}
