package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/watch/metrics"
)

const (
	pushFlag     = "metrics-push"
	pushAuthFlag = "metrics-push-auth-file"
)

// pushFlags say where the metrics are pushed to when a command has ended.
type pushFlags struct{ to, authFile string }

func (f *pushFlags) define(flags *pflag.FlagSet) {
	flags.StringVar(&f.to, pushFlag, "", "at the end, push the metrics to the Prometheus Pushgateway at this `URL`, as in http://pushgateway:9091")
	flags.StringVar(&f.authFile, pushAuthFlag, "", "of --"+pushFlag+": the gateway wants the user:password, or the bearer token, in this `FILE`")
}

// gateway is where to push; nil: nowhere.
func (f *pushFlags) gateway(s Streams) (*metrics.Gateway, error) {
	if f.to == "" {
		return nil, nil
	}
	var who string
	if f.authFile != "" {
		content, err := safefile.ReadSmall(f.authFile, maxSecretFile)
		if err != nil {
			err = withoutPath(err)
		} else if who, err = secretOf(content); err == nil && who == "" {
			err = errors.New("the file is empty")
		}
		if err != nil {
			return nil, &configError{err: fmt.Errorf("--%s: %w", pushAuthFlag, err)}
		}
		s.warnOfReaders("--"+pushAuthFlag, f.authFile)
	}
	to, err := metrics.ParseGateway(f.to, client.NewSecret(who))
	if err != nil {
		return nil, &configError{err: fmt.Errorf("--%s: %w", pushFlag, err), hint: "--" + pushAuthFlag + " FILE has what a gateway wants to know who pushes"}
	}
	return &to, proxies(s)
}

// push pushes the metrics of a command that has ended, if that is asked for. That they cannot be is told, and changes nothing
// else. A signal ends it: where one has ended the run already, the next.
func (au *observers) push(ctx context.Context, a *app) {
	if au.gateway == nil {
		return
	}
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		select {
		case <-a.Insists:
			stop(errors.New("a signal has ended it"))
		case <-ctx.Done():
		}
	}()
	run := a.control.Status(time.Now()).Run
	whose := cmp.Or(a.accounts.name, run.Account)
	if run.Sandbox { // which is nobody's
		whose = run.Account
	}
	if whose == "" { // there is no run: what is wrong with the key has been told
		whose, _ = readSecret(a.Streams, keyVariable)
	}
	if err := au.metrics.Push(ctx, *au.gateway, whose); err != nil {
		au.warn("the metrics were not pushed", err)
	}
}
