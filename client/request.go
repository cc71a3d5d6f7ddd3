package client

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bulknum/bulknum/client/internal/mask"
	"github.com/bulknum/bulknum/client/internal/object"
	"github.com/bulknum/bulknum/client/internal/wire"
)

const (
	maxBody      = 64 << 10
	maxInventory = 32 << 20
)

// request is what goes over the wire.
type request struct {
	endpoint Endpoint
	method   string
	url      *url.URL
	body     []byte
	limit    int64     // of the answer's body, decompressed
	leaves   time.Time // when it leaves at the latest; zero: at any time
}

// reply is what came back.
type reply struct {
	endpoint Endpoint
	whom     func() string // says whose answer it is: host, port, and the proxy before it
	status   int
	header   http.Header
	date     time.Time // the server's clock; ours when it does not tell
	dated    bool      // it does tell
	body     []byte
	object   object.Object // what the body says; nil: it is no object
	tooLong  bool
	took     time.Duration
	err      error // the body ended early
	maskers
}

// whole is what an answer says that came to its end, and is an object.
func (r reply) whole() (object.Object, bool) {
	return r.object, r.object != nil && r.err == nil && !r.tooLong
}

// maskers hide what is secret.
type maskers struct {
	secrets mask.Masker
	mask    mask.Masker // the same, and the account key
}

// newMaskers hide credentials.
func newMaskers(keys Credentials) maskers {
	m := maskers{secrets: mask.New(keys.AccountSecret.Reveal(), keys.Token.Reveal())}
	m.mask = slices.Concat(m.secrets, mask.New(keys.AccountKey))
	return m
}

// and hide a token, too: first of all, as it may have another secret in it.
func (m maskers) and(token string) maskers {
	own := mask.New(token)
	return maskers{secrets: slices.Concat(own, m.secrets), mask: slices.Concat(own, m.mask)}
}

func (r reply) looksLikeJSON() bool {
	body := bytes.TrimSpace(r.body)
	return len(body) > 0 && (body[0] == '{' || body[0] == '[' || body[0] == '"')
}

// transportError is a request without an answer. Its text holds no secrets and no
// phone number; what is wrapped is for errors.Is and errors.As.
type transportError struct{ wire.Fault }

func (e *transportError) Error() string { return e.Text }
func (e *transportError) Unwrap() error { return e.Err }

// ErrNotSent is what the error of a Config.Transport wraps that is sure to have sent nothing of a request, such as one that
// refuses by itself: then nothing was applied. Of other errors it is found out how far the request came, which a transport
// that does not use httptrace cannot tell: an update is in doubt.
var ErrNotSent = errors.New("nothing of the request was sent")

// exchange sends a request and reads its answer. net/http must not send it twice: see newRequest.
func (c *call) exchange(ctx context.Context, q request, bearer *token) (reply, *transportError) {
	var way wire.Way
	hides := c.hides
	if bearer != nil {
		hides = bearer.hides
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	if c.idle.Due() {
		wire.CloseIdle(c.config.Transport)
	}
	resp, err := wire.RoundTrip(c.config.Transport, c.newRequest(way.Watch(ctx), q, bearer))
	defer func() {
		if wire.TimedOut(err) { // the path may have forgotten the idle connections too
			wire.CloseIdle(c.config.Transport)
		}
	}()
	if err != nil {
		c.idle.Broken(&way, err)
		f := way.Fault(err, c.base, time.Since(c.Sent), ctx.Err() != nil)
		if errors.Is(err, ErrNotSent) {
			f.Connected, f.Left = false, false
		}
		f.Text = hides.mask.Line(f.Text)
		f.Permanent = f.Permanent && !c.met.Load() // what was right before will be right again
		return reply{}, &transportError{f}
	}
	defer resp.Body.Close() // its error tells nothing that reading did not
	c.met.Store(true)
	c.http1.Store(resp.ProtoMajor == 1)
	rep := reply{endpoint: q.endpoint, whom: func() string { return way.Whom(c.base) }, status: resp.StatusCode, header: resp.Header, maskers: hides}
	if date, wrong := http.ParseTime(resp.Header.Get("Date")); wrong == nil {
		rep.date, rep.dated = date, true
	} else {
		rep.date = time.Now()
	}
	if resp.StatusCode != http.StatusSwitchingProtocols { // whose body is the connection: no time-out ends its reading
		rep.body, rep.tooLong, err = wire.ReadBody(resp.Body, q.limit)
	}
	rep.err, rep.took = err, time.Since(c.Sent)
	rep.object, _ = object.Parse(rep.body)
	rep.object = rep.object.Within("Data") // some of the API's pages have {"Successful":…,"Data":{…}}
	c.idle.Answered(resp.Header)
	return rep, nil
}

func (c *core) newRequest(ctx context.Context, q request, bearer *token) *http.Request {
	req := (&http.Request{Method: q.method, URL: q.url, Header: make(http.Header), Host: c.base.Host}).WithContext(ctx)
	// A body without GetBody, empty for a GET: net/http sends what has no body, or one that it can rewind, a second
	// time by itself when a kept connection breaks, past the gate and told to nobody. Over HTTP/2 a GET goes without:
	// there the empty body would be seen on the wire, and only what the server says it has not touched is sent again
	// (RFC 9113 section 8.7).
	if q.body != nil || c.http1.Load() {
		req.Body = wire.Body(q.body, q.leaves)
	}
	if q.body != nil {
		req.ContentLength = int64(len(q.body))
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	if q.method == http.MethodGet { // what a cache on the way kept is no reading (RFC 9111 section 5.2.1.4)
		req.Header.Set("Cache-Control", "no-cache")
	}
	req.Header.Set("User-Agent", c.config.UserAgent)
	if bearer != nil {
		req.Header.Set("Authorization", "Bearer "+bearer.value.Reveal())
	}
	return req
}
