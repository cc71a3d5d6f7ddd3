package metrics

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/bulknum/bulknum/client"
)

const (
	// pushJob is the label job of all that is pushed, and labelAccount the one of whose run it is.
	pushJob      = "bulknum"
	labelAccount = "account"
	// pushWithin is how long the end of a command waits for a gateway.
	pushWithin = 5 * time.Second
)

// Gateway is a Pushgateway: it keeps the metrics of commands that have ended, for Prometheus to scrape.
type Gateway struct {
	address *url.URL
	// authorization is how a request says who pushes; zero: it does not.
	authorization client.Secret
}

// ParseGateway reads the address of a gateway, and what it wants to know who pushes: "user:password", or a token; zero:
// nothing. Its errors show neither.
func ParseGateway(address string, who client.Secret) (Gateway, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Host == "", u.Scheme != "http" && u.Scheme != "https":
		return Gateway{}, errors.New("it is not an address such as http://pushgateway:9091")
	case u.User != nil:
		return Gateway{}, errors.New("it has a password, which everybody on this machine can read: put user:password into a file")
	case u.RawQuery != "", u.Fragment != "":
		return Gateway{}, errors.New("it has something behind its path: leave that out")
	case who.IsZero():
		return Gateway{address: u}, nil
	case u.Scheme == "http" && !client.IsLoopback(u.Hostname()):
		return Gateway{}, errors.New("a password or token is sent by https only, except to loopback")
	}
	authorization := "Bearer " + who.Reveal()
	if strings.Contains(who.Reveal(), ":") { // which no bearer token has: RFC 6750, 2.1
		authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(who.Reveal()))
	}
	return Gateway{u, client.NewSecret(authorization)}, nil
}

// Push has the gateway keep the metrics of a command that has ended, in place of those of the last command for the same
// account and job. Of them only when a run last succeeded stays, if this one did not.
func (m *Metrics) Push(ctx context.Context, to Gateway, account string) error {
	ctx, done := context.WithTimeoutCause(ctx, pushWithin, fmt.Errorf("the end of the run waits no longer than %s for it", pushWithin))
	defer done()
	header := http.Header{"User-Agent": {"bulknum"}}
	if !to.authorization.IsZero() {
		header.Set("Authorization", to.authorization.Reveal())
	}
	pusher := push.New(to.address.String(), pushJob).Format(expfmt.NewFormat(expfmt.TypeTextPlain)).
		Client(pushes{}).Header(header).Gatherer(prometheus.GathererFunc(m.whole))
	for label, value := range map[string]string{labelAccount: account, labelJob: m.name()} {
		if value != "" {
			pusher.Grouping(label, value)
		}
	}
	err := pusher.AddContext(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", to.address.Host, err)
	}
	return nil
}

// whole are the metrics without the label of the job, every family of them. A gateway keeps the families that it is not told
// of: so one without a sample has a single 0, without labels.
func (m *Metrics) whole() ([]*dto.MetricFamily, error) {
	registry, err := m.registry(nil)
	if err != nil {
		return nil, err
	}
	told, err := registry.Gather()
	if err != nil {
		return nil, err
	}
	f := described()
	m.mu.Lock()
	succeeded := !m.last.succeeded.IsZero()
	m.mu.Unlock()
	if !succeeded { // the gateway knows when one did
		told = slices.DeleteFunc(told, func(is *dto.MetricFamily) bool { return is.GetName() == f.succeeded.Name })
	}
	for _, family := range append(f.counts(), f.made()...) {
		blank := &dto.MetricFamily{Name: &family.Name, Help: &family.Help}
		switch {
		case family.Name == f.succeeded.Name, slices.ContainsFunc(told, func(is *dto.MetricFamily) bool { return is.GetName() == family.Name }):
			continue
		case family.Name == f.durations.Name:
			blank.Type, blank.Metric = dto.MetricType_HISTOGRAM.Enum(), []*dto.Metric{{Histogram: &dto.Histogram{SampleCount: new(uint64), SampleSum: new(float64)}}}
		case strings.HasSuffix(family.Name, "_total"):
			blank.Type, blank.Metric = dto.MetricType_COUNTER.Enum(), []*dto.Metric{{Counter: &dto.Counter{Value: new(float64)}}}
		default:
			blank.Type, blank.Metric = dto.MetricType_GAUGE.Enum(), []*dto.Metric{{Gauge: &dto.Gauge{Value: new(float64)}}}
		}
		told = append(told, blank)
	}
	slices.SortFunc(told, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return told, nil
}

// pushes sends what is pushed.
type pushes struct{}

// Do is of [push.HTTPDoer]. What an answer says besides its status is not told: it may have what was sent with the request.
func (pushes) Do(r *http.Request) (*http.Response, error) {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{}).DialContext, ForceAttemptHTTP2: true,
		DisableKeepAlives: true, // it is the only one
	}
	answer, err := transport.RoundTrip(r) // which follows no redirect
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusAccepted {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("the answer was %d", answer.StatusCode)
	}
	return answer, nil
}
