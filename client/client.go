package client

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/bulknum/bulknum/client/gate"
	"github.com/bulknum/bulknum/client/internal/address"
	"github.com/bulknum/bulknum/client/internal/asking"
	"github.com/bulknum/bulknum/client/internal/object"
	"github.com/bulknum/bulknum/client/internal/outage"
	"github.com/bulknum/bulknum/client/internal/wire"
)

// Reader reads from the API and cannot change anything. It is safe for use by many goroutines.
type Reader struct {
	core     *core
	trace    Trace
	patience time.Duration
	failFast bool
	paging   *Paging
}

// Client is a Reader that can update numbers. It is safe for use by many goroutines.
type Client struct {
	*Reader
}

// routeSpellings is how many the API's pages have of the parameter that says which route.
const routeSpellings = 2

// core is what all copies of a client share.
type core struct {
	config Config // its Transport is that of all requests
	base   *url.URL
	http1  atomic.Bool // the latest answer came over HTTP/1
	met    atomic.Bool // something was answered: the address is right, and the way to it
	idle   wire.Idle
	gate   *Gate
	outage *outage.Watch
	tokens *tokens
	hides  maskers // the secrets of the config, and the account key
	// numbersBy and routesBy are by which parameter the server understands which number, or which route of an endpoint, is meant.
	numbersBy *asking.Ways
	routesBy  map[Endpoint]*asking.Ways
}

// NewReader returns a Reader. It sends nothing; its error says what is wrong with the config.
func NewReader(config Config) (*Reader, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.complete()
	base, _ := address.Base(config.BaseURL, config.PlainHTTPTo) // as Validate did
	roots, _ := wire.Roots(config.CAPEM)
	if config.Transport == nil {
		config.Transport = wire.Transport(roots, config.Timeout)
	}
	keys := config.Credentials
	hides := newMaskers(keys)
	turnstile := config.Gate
	if turnstile == nil {
		turnstile = gate.New(config.Rate, config.Jitter)
		turnstile.SetLeast(config.MinRate)
	}
	return &Reader{core: &core{
		config: config,
		base:   base,
		gate:   turnstile,
		outage: outage.New(config.OutageWait, turnstile.WakeUp, turnstile.HeldTime),
		tokens: newTokens(keys.Token, hides),
		hides:  hides,

		numbersBy: asking.New(len(parameters())),
		routesBy:  map[Endpoint]*asking.Ways{EndpointMessageRoute: asking.New(routeSpellings), EndpointVoiceRoute: asking.New(routeSpellings)},
	}}, nil
}

// New returns a Client. It sends nothing; its error says what is wrong with the config.
func New(config Config) (*Client, error) {
	reader, err := NewReader(config)
	if err != nil {
		return nil, err
	}
	return &Client{Reader: reader}, nil
}

// With returns a copy whose calls are watched, by what watches r too: see [Trace.And]. It shares the gate, the tokens and the
// connections.
func (r *Reader) With(t Trace) *Reader {
	with := *r
	with.trace = r.trace.And(t)
	return &with
}

// WithPatience returns a copy whose calls wait no longer than so long for an API that is down, and end as
// KindUnavailable then: for something that can be had another way, as numbers one by one instead of the inventory.
// Zero, and more than OutageWait, is OutageWait.
func (r *Reader) WithPatience(limit time.Duration) *Reader {
	with := *r
	with.patience = limit
	return &with
}

// FailFast returns a copy whose calls do not wait while the API is down, but for the one whose turn it is to try: they end
// as KindUnavailable, with the latest failure as Error.Cause. A wait that the server asks for they do wait for.
func (r *Reader) FailFast() *Reader {
	with := *r
	with.failFast = true
	return &with
}

// AskAgain lets calls ask again that would end at once, because an outage was given up, or the key or the address refused:
// the next one tries, by one attempt, and what that meets decides about all. Without such an end it does nothing. It waits
// for nothing and sends nothing itself.
func (r *Reader) AskAgain() {
	r.core.tokens.askAgain()
	r.core.outage.AskAgain()
}

// With returns a copy whose calls are watched: see [Reader.With].
func (c *Client) With(t Trace) *Client { return &Client{Reader: c.Reader.With(t)} }

// FailFast returns a copy whose calls do not wait while the API is down: see [Reader.FailFast].
func (c *Client) FailFast() *Client { return &Client{Reader: c.Reader.FailFast()} }

// WithPatience returns a copy whose calls wait no longer than so long for an API that is down: see [Reader.WithPatience].
// Zero is OutageWait.
func (c *Client) WithPatience(limit time.Duration) *Client {
	return &Client{Reader: c.Reader.WithPatience(limit)}
}

// Gate returns the gate of all requests, to change the rate or to hold while calls go on.
func (r *Reader) Gate() *Gate { return r.core.gate }

// Account is the account key that it asks with, DID-…; "" with a Token, which does not tell.
func (r *Reader) Account() string { return r.core.config.Credentials.AccountKey }

// BaseURL is the address of the API, without the /v1.0 that every path starts with.
func (r *Reader) BaseURL() string { return r.core.base.String() }

// CloseIdleConnections closes the connections that no call uses just now, and with them the goroutines that wait for them,
// as at the end of a service. Later calls make new ones. What is closed is the Transport's, if one was given.
func (r *Reader) CloseIdleConnections() { wire.CloseIdle(r.core.config.Transport) }

// MaxRetryAfter is the longest wait that the server may ask for.
func (r *Reader) MaxRetryAfter() time.Duration { return r.core.config.MaxRetryAfter }

// Timeout is how long a request may take.
func (r *Reader) Timeout() time.Duration { return r.core.config.Timeout }

// Token returns what is known of the token of an endpoint, and fetches one if there is none.
// What ctx does, and the errors, are those of [Reader.Number].
func (r *Reader) Token(ctx context.Context, e Endpoint) (TokenInfo, error) {
	c := r.call(request{endpoint: e})
	c.onlyToken = true
	if f := c.do(ctx); f != nil {
		return TokenInfo{}, f
	}
	info := c.token.info
	info.Endpoint = e
	return info, nil
}

// call is a call that makes a request.
func (r *Reader) call(q request) *call {
	return &call{core: r.core, trace: r.trace, Call: outage.Call{Patience: r.patience, FailFast: r.failFast}, request: q}
}

// get is a request to read an endpoint.
func (c *core) get(e Endpoint, query url.Values) request {
	return request{endpoint: e, method: http.MethodGet, url: endpointURL(c.base, e, query), limit: maxBody}
}

// post is a request with a body.
func (c *core) post(e Endpoint, body []byte) request {
	return request{endpoint: e, method: http.MethodPost, url: endpointURL(c.base, e, nil), body: body, limit: maxBody}
}

// answerTo makes a call, about a number or "". read judges the body of a 2xx, which is one JSON object that does not
// say that it failed.
func answerTo[T any](
	ctx context.Context, r *Reader, q request, number string, read func(reply, object.Object) (T, *Error),
) (answer T, err error) {
	c := r.call(q)
	c.number = number
	c.read = func(rep reply) (f *Error) {
		body, whole := rep.whole()
		if !whole {
			return damaged(rep)
		}
		if f = succeeded(rep); f == nil {
			answer, f = read(rep, body)
		}
		return f
	}
	if f := c.do(ctx); f != nil {
		var none T
		return none, f
	}
	return answer, nil
}

// Mask hides the credentials in a text from outside that is to be shown, and makes it one line of at most 200 characters.
func (r *Reader) Mask(text string) string {
	return r.core.hides.mask.Line(text)
}
