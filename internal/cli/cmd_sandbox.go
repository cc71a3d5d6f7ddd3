package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/report/words"
)

// sandboxFlags are those of sandbox.
type sandboxFlags struct {
	listen string
	config sandbox.Config
	quota  sandbox.Quota
	state  string
}

func (f *sandboxFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:0", "loopback `ADDRESS` to serve on; port 0 takes a free one")
	flags.StringVar(&f.config.AccountKey, "account-key", sandboxKey, "the only account `KEY` that gets tokens")
	flags.StringVar(&f.config.AccountSecret, "account-secret", sandboxSecret, "the `SECRET` of that key; no real one")
	flags.IntVar(&f.config.Numbers, "numbers", 346, "size of the generated inventory")
	flags.IntVar(&f.config.PageSize, "page-size", 100, "numbers in an inventory page")
	flags.Int64Var(&f.config.Seed, "seed", 1, "decides the inventory, the ids and the faults")
	flags.BoolVar(&f.config.OnlyInventory, "only-inventory", false, "numbers outside the inventory do not exist")
	flags.StringArrayVar(&f.config.MissingRoutes, "missing-route", nil, "`ID` of a route that does not exist, as all others do; repeatable")
	flags.StringArrayVar(&f.config.DisabledRoutes, "disabled-route", nil, "`ID` of a route that is switched off; repeatable")
	flags.StringVar(&f.state, "state", "", "take the inventory from this `FILE`, made by export; other numbers do not exist")
	durationVar(flags, &f.config.TokenLife, "token-life", time.Hour, "how long a token is good")
	durationVar(flags, &f.config.Latency, "latency", 0, "how long every answer takes")
	parsedVar(flags, &f.config.Spelling, "spelling", "", "LIST", "how answers are spelled: current, older or spec, then single differences, as in older,no-filler", sandbox.ParseSpelling)
	parsedVar(flags, &f.config.Errors, "errors", "spec", "spec|problem", "the shape of errors", sandbox.ParseErrorShape)
	parsedVar(flags, &f.quota, "quota", "", "N/s|m|h", "requests that are allowed; more are answered 429 (default: any number)", sandbox.ParseQuota)
	parsedVar(flags, &f.config.Quota.Window, "window", "fixed", "fixed|rolling|bucket", "how the quota is counted", sandbox.ParseWindow)
	parsedVar(flags, &f.config.Quota.RetryAfter, "retry-after", "seconds", "seconds|date|body|none", "how a 429 says when to come again", sandbox.ParseRetryAfter)
	parsedVar(flags, &f.config.Faults, "faults", "", "LIST", "what goes wrong and how often, as in 429=0.02,503=0.01; the words are above", sandbox.ParseFaults)
	mustBeAsked(flags, "state")
}

func sandboxCommand(a *app) *cobra.Command {
	var f sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a fake of the vendor's API on loopback",
		Long: `Serve a fake of the vendor's API until interrupted: strict about what it accepts,
with quotas and faults as set. It prints the environment with which bulknum
reaches it. What it saw is shown at /_sandbox/stats.

With --state it has a copy of a real inventory, to rehearse on; its key and secret
are then drawn anew each time, unless they are given.

--faults is a list of what goes wrong with updates: FAULT=SHARE as in 503=0.01 or
422=10%, or FAULT@N for the N-th request and FAULT@N-M. A fault is

` + sandbox.FaultHelp() + `
or any other HTTP status from 300 to 599, with which the request is refused. In the
list may stand besides: on=all, or endpoints as in on=update+inventory; slow-for=3s;
lag-for=3s; retry-after=1s, for which a 429 or 503 asks.`,
		Example: `  bulknum sandbox --listen 127.0.0.1:8090 --quota 50/m --faults 503=0.01
  bulknum sandbox --state inventory.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSandbox(a, cmd, &f) },
	}
	f.define(cmd)
	return cmd
}

func runSandbox(a *app, cmd *cobra.Command, f *sandboxFlags) error {
	ctx := cmd.Context()
	f.config.Quota.N, f.config.Quota.Per = f.quota.N, f.quota.Per
	if f.state != "" && (cmd.Flags().Changed("numbers") || cmd.Flags().Changed("only-inventory")) {
		return &usageError{errors.New("--state says which numbers there are: --numbers and --only-inventory cannot be used with it")}
	}
	if f.state != "" { // it has real numbers: whoever knows this program must not reach them
		if !cmd.Flags().Changed("account-key") {
			f.config.AccountKey = "DID-" + rand.Text()
		}
		if !cmd.Flags().Changed("account-secret") {
			f.config.AccountSecret = rand.Text()
		}
	}
	fake, err := newFake(ctx, a.Streams, f.config, f.state)
	if err != nil {
		return err
	}
	listener, err := listenLocally(ctx, f.listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "export TELEGENT_API_URL=http://%s\nexport TELEGENT_ACCOUNT_KEY=%s\nexport TELEGENT_ACCOUNT_SECRET=%s\n",
		listener.Addr(), words.ShellWord(f.config.AccountKey), words.ShellWord(f.config.AccountSecret))
	server := &http.Server{Handler: fromHere(fake), ReadHeaderTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(listener); ctx.Err() == nil {
		return err
	}
	stats := fake.Stats()
	_, err = fmt.Fprintf(a.Err, "%d requests, %d answered 429\n", stats.Requests, stats.Throttled)
	return err
}

// fromHere lets in only who asks for this machine by a name of loopback, and no page of a browser: a name that somebody
// else controls may lead here too.
func fromHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !client.AsksLoopback(r.Host) || r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			http.Error(w, "only for programs of this machine, at 127.0.0.1 or localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
