package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
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
	flags.StringVar(&f.config.AccountKey, "account-key", sandboxKey, "the account `KEY` that it accepts")
	flags.StringVar(&f.config.AccountSecret, "account-secret", sandboxSecret, "the `SECRET` of that key; never a real one")
	flags.IntVar(&f.config.Numbers, "numbers", 346, "`N` numbers in the inventory, which is made up")
	flags.IntVar(&f.config.PageSize, "page-size", 100, "`N` numbers on a page of the inventory")
	parsedVar(flags, &f.config.Pages.Requested, "numbers-requested", "ignored", "WORD", "what the inventory's parameter TotalNumbersRequested does, see above", sandbox.ParseRequested)
	flags.Int64Var(&f.config.Seed, "seed", 1, "the same `N`, the same inventory, ids and faults; another, others")
	flags.BoolVar(&f.config.OnlyInventory, "only-inventory", false, "numbers outside the inventory do not exist (default: they are made when asked for)")
	flags.StringArrayVar(&f.config.MissingRoutes, "missing-route", nil, "`ID` of a route that does not exist; repeatable (default: every route exists)")
	flags.StringArrayVar(&f.config.DisabledRoutes, "disabled-route", nil, "`ID` of a route that exists and is not enabled; repeatable")
	flags.BoolVar(&f.config.RequireCompanions, "require-companions", false, "refuse MessageEnabled=true without MessageRouteId in the same update, and VoiceEnabled=true without VoiceRouteId")
	repeatedVar(flags, &f.config.RouteNames, "route-name", "ID=NAME", "the name of a route, as in 'MRID-1=EU SMS hub'; repeatable (default: a name made of its id)", addName)
	flags.BoolVar(&f.config.UniqueICCIDs, "unique-iccids", false, "refuse an ICCID that another number of the inventory has, when it is asked for and when its order ends")
	flags.StringVar(&f.state, "state", "", "take the inventory from this `FILE`, made by export; other numbers do not exist")
	durationVar(flags, &f.config.TokenLife, "token-life", time.Hour, "how long a token is good")
	durationVar(flags, &f.config.Latency, "latency", 0, "how long every answer takes (default: no time)")
	parsedVar(flags, &f.config.Spelling, "spelling", "", "LIST", "how answers are spelled, see above, as in older,no-filler (default current)", sandbox.ParseSpelling)
	parsedVar(flags, &f.config.Errors, "errors", "spec", "spec|problem", "the shape of errors: as the update's page has them, or problem details (RFC 9457)", sandbox.ParseErrorShape)
	parsedVar(flags, &f.quota, "quota", "", "N/s|m|h", "requests that are allowed, tokens and readings included; more are answered 429 (default: any number)", sandbox.ParseQuota)
	parsedVar(flags, &f.config.Quota.Window, "window", "fixed", "fixed|rolling|bucket|spaced", "how the quota is counted, see above", sandbox.ParseWindow)
	parsedVar(flags, &f.config.Quota.RetryAfter, "retry-after", "seconds", "seconds|date|body|none", "how a 429 says how long to wait", sandbox.ParseRetryAfter)
	parsedVar(flags, &f.config.Faults, "faults", "", "LIST", "what goes wrong and how often, see above, as in 429=0.02,503=0.01 (default: nothing)", sandbox.ParseFaults)
	mustBeAsked(flags, "state")
	inGroup(flags, answerGroup, "account-key", "account-secret", "token-life", "latency", "spelling", "errors", "numbers-requested",
		"require-companions", "unique-iccids")
	inGroup(flags, faultGroup, "quota", "window", "retry-after", "faults")
	inGroup(flags, serveGroup)
}

func sandboxCommand(a *app) *cobra.Command {
	var f sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a fake of the vendor's API on loopback",
		Long: `Serve a fake of the vendor's API on this machine, until interrupted. It is
strict about what it accepts, and has the quota and the faults that are asked
for. It prints the environment variables with which bulknum reaches it. What it
has seen is at the path /_sandbox/stats, as JSON.

With --state it serves a copy of a real inventory, to rehearse on; its key and
secret are then new ones each time, unless they are given.

--faults is a comma-separated list of what goes wrong with updates: FAULT=SHARE,
as in 503=0.01 or 422=10%; FAULT@N for the N-th request, or FAULT@N-M. Shares
add up to 1 at the most. FAULT is one of

` + sandbox.FaultHelp() + `
or any other HTTP status from 300 to 599, with which the request is refused. The
list may also have

  on=all          faults hit all requests; or those of some endpoints, joined by
                  +: tokens, update, number, inventory, order, message-route,
                  voice-route, message-routes, voice-routes, subscriber,
                  subscribers
                  (default: update)
  slow-for=2s     how long slow takes
  lag-for=3s      how long lag lasts
  retry-after=1s  what a 429 or 503 of the list asks for (default: 1s of a 429,
                  nothing of a 503)

--window is how the quota is counted: fixed, anew at the beginning of each
second, minute or hour; rolling, in any stretch of that length; bucket, all at
once and then evenly; spaced, evenly and never two at once.

--numbers-requested is what TotalNumbersRequested does: it is ignored; it is the
size of a page (size), of the first one only (first-page), until another listing
begins (first-listing), or with the first page told again and again (repeated);
it is how many numbers are told at all, with the total of these (cap) or of all
(cap-records); or it is refused.

--spelling is current, older or spec (of the vendor's present pages, of older
ones, of the update's page), then single differences:

  bare-numbers, camel-case, data, empty-absent, empty-string, expires-in,
  iot-upper, listed-only, lower-case, no-filler, no-plus, no-subscriber,
  old-prefixes, pascal-case, phone-number, plain-text, product-type,
  query-nothing, query-number, query-one, query-phone-number, query-routes,
  scope-403, successful, text-flags, text-json, tnid, total-count, two-names,
  yes-no`,
		Example: `  bulknum sandbox --listen 127.0.0.1:8090 --quota 50/m --faults 503=0.01
  bulknum sandbox --state inventory.csv`,
		Args: takesNone,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSandbox(a, cmd, &f) },
	}
	f.define(cmd)
	return cmd
}

// addName adds the name of a route to those of others.
func addName(names map[string]string, text string) (map[string]string, error) {
	id, name, ok := strings.Cut(text, "=")
	if !ok || id == "" || name == "" {
		return names, errors.New("not of the form 'MRID-1=EU SMS hub'")
	}
	if names == nil {
		names = map[string]string{}
	}
	names[id] = name
	return names, nil
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
