package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/client/gate"
	"github.com/bulknum/bulknum/client/internal/mask"
	"github.com/bulknum/bulknum/client/internal/outage"
	"github.com/bulknum/bulknum/client/internal/pause"
)

// call is one call of the API with all its attempts. It runs in one goroutine.
type call struct {
	*core
	request
	outage.Call
	trace     Trace
	number    string
	read      func(reply) *Error // judges the body of a 2xx
	once      bool               // it is not sent again once it may have been applied
	onlyToken bool               // it ends once there is a token
	token     *token             // that it then ended with

	attempts int    // sent
	fetches  int    // token requests sent
	used     int    // attempts that count towards MaxAttempts
	rejected int    // attempts answered 401
	latest   *Error // the failure of the attempt before
	doubt    bool   // some attempt may have been applied

	early      int       // attempts that came too early
	earlySince time.Time // when the first of them left, less what the gate was held before
}

// do makes attempts until one is answered as asked, or the error is final.
func (c *call) do(ctx context.Context) *Error {
	c.outage.Begin(&c.Call)
	defer c.outage.Leave(&c.Call)
	for {
		if err := c.outage.Enter(ctx, &c.Call); err != nil {
			return c.final(kept(c.endpoint, err))
		}
		open, f := c.probe(ctx)
		if !open && f == nil {
			continue
		}
		done := false
		if f == nil {
			done, f = c.try(ctx, c.request, c.read)
		}
		if done {
			return nil
		}
		if f != nil && !c.again(ctx, f) {
			return c.final(f)
		}
		c.latest = cmp.Or(f, c.latest)
	}
}

// probe reads something, for a call at whose turn it is to find out whether an outage is over: a change is no way to find
// out. It reports whether the call may make an attempt of its own. A failure is that of the reading.
func (c *call) probe(ctx context.Context) (open bool, f *Error) {
	turn, failed := c.outage.Probes(&c.Call)
	if !turn {
		return true, nil
	}
	q, can := c.reading(failed)
	if !can {
		return true, nil
	}
	_, f = c.try(ctx, q, func(rep reply) *Error {
		if _, whole := rep.whole(); !whole {
			return damaged(rep)
		}
		return succeeded(rep)
	})
	if turn, _ = c.outage.Probes(&c.Call); f == nil && !turn {
		return false, nil // it did not come to it
	}
	switch {
	case f.proves(), f.Kind == KindCredentials: // what this key may not read tells nothing
		news, over := c.outage.Answered(&c.Call)
		if news != nil {
			c.tell(ctx, *news)
		}
		return !over, nil
	default:
		return false, f
	}
}

// reading is a request that shows whether the API works, of another kind than the call's own, which failed so many times;
// false: there is none, or the call's own is as good. What one number has may be at fault, or the listing: both have their
// turns.
func (c *call) reading(failed int) (q request, can bool) {
	turn := failed%2 == 1
	switch {
	case c.tokens.given != nil, c.onlyToken, c.endpoint == EndpointInventory:
		return request{}, false
	case turn, c.endpoint.changes() && c.number == "":
		return c.inventoryRequest(1, 0), true
	case c.endpoint.changes():
		return c.probedNumber(c.number), true
	default:
		return request{}, false
	}
}

// try makes one attempt at a request, or fetches the token for it. It is neither done nor
// failed when the way was closed again before the request could leave.
func (c *call) try(ctx context.Context, q request, read func(reply) *Error) (done bool, f *Error) {
	if err := pause.Ended(ctx); err != nil {
		return false, stopped(c.endpoint, err)
	}
	tok, f := c.needToken(ctx, q.endpoint)
	if f != nil || tok == nil || c.onlyToken {
		c.token = tok
		return tok != nil && f == nil, f
	}
	open, err := c.pass(ctx, func(now time.Time) bool {
		return c.outage.Allows(&c.Call) && c.tokens.usable(q.endpoint, tok, now)
	})
	if err != nil {
		return false, kept(c.endpoint, err)
	}
	if !open {
		return false, nil
	}
	tok.tried.Store(true)
	f = c.send(ctx, q, tok, read)
	if f != nil && errors.Is(f.Err, ErrAgain) {
		return false, nil
	}
	c.judgeToken(q.endpoint, tok, f)
	return f == nil, f
}

// pass waits for the Limiter, if there is one, and for the gate.
func (c *call) pass(ctx context.Context, ready func(now time.Time) bool) (open bool, err error) {
	if l := c.config.Limiter; l != nil {
		if err := l.Wait(ctx); err != nil {
			return false, err
		}
	}
	return c.gate.Pass(ctx, ready, c.tells(ctx))
}

// again waits for what must be waited for after a failed attempt. It returns false
// when the failure is final.
func (c *call) again(ctx context.Context, f *Error) bool {
	if f.pushBack != "" {
		if f.RetryAfter > c.config.MaxRetryAfter {
			f.Kind = KindRateLimited
			f.Message = mask.Cut(fmt.Sprintf("asks to wait longer than the allowed %v (%s): %s",
				c.config.MaxRetryAfter, pause.Roughly(f.RetryAfter), f.Message))
			return false
		}
		c.gate.PushBack(f.pushBack, c.Sent, f.RetryAfter)
	}
	c.doubt = c.doubt || f.Applied == AppliedMaybe
	switch {
	case f.hopeless: // enter tells it to every call, this one too
		return true
	case f.early:
		return c.waitEarly(ctx, f)
	case !f.retry, c.once && f.Applied == AppliedMaybe:
		return false
	}
	unread := f.Cut && f.Endpoint.changes() && c.tokens.given == nil // the number is to be read before it is sent again
	more := shouldRetry(f, c.used+1, c.config.MaxAttempts)
	shown := c.outage.Failed(&c.Call, f.shows(), !more && !unread)
	if shown.News != nil {
		c.tell(ctx, *shown.News)
	}
	if shown.Fails {
		f.free, f.Kind = false, KindUnavailable
	}
	switch {
	case unread:
		return false
	case shown.Down, f.free:
		return true
	}
	c.used++
	more = shouldRetry(f, c.used, c.config.MaxAttempts)
	if more && f.pushBack == "" {
		c.backOff(ctx, pause.Backoff(c.used, c.config.Jitter()), f.Message)
	}
	return more
}

// waitEarly waits before the next attempt of a call that came too early (RFC 8470 section 5.2), and returns false when
// that is so for OutageWait. Time in which the gate is held does not count.
func (c *call) waitEarly(ctx context.Context, f *Error) bool {
	if c.early++; c.early == 1 {
		c.earlySince = c.Sent.Add(-c.gate.HeldTime())
	}
	left := time.Until(c.earlySince.Add(c.gate.HeldTime() + c.config.OutageWait))
	if left <= 0 {
		f.Message = mask.Cut(fmt.Sprintf("too early for %v: %s", c.config.OutageWait, f.Message))
		return false
	}
	c.backOff(ctx, min(left, max(f.RetryAfter, pause.Throttled(c.early, c.config.Jitter()))), f.Message)
	return true
}

// backOff waits before this call's next attempt. A context that ends meanwhile is noticed by try.
func (c *call) backOff(ctx context.Context, span time.Duration, detail string) {
	now := time.Now()
	wait := Wait{Reason: WaitBackoff, Since: now, Until: now.Add(span), Detail: detail}
	c.tell(ctx, wait)
	_ = pause.Until(ctx, wait.Until, nil)
}

// tells returns what tells of waits.
func (c *call) tells(ctx context.Context) func(Wait) { return func(w Wait) { c.tell(ctx, w) } }

func (c *call) tell(ctx context.Context, w Wait) {
	if c.trace.Waiting != nil {
		c.trace.Waiting(ctx, w)
	}
}

// final completes the error that a call ends with.
func (c *call) final(f *Error) *Error {
	f.Attempts = c.attempts
	if f.Kind == KindStopped {
		f.Cause = c.latest
	}
	if c.doubt && f.Applied != AppliedMaybe {
		f.Applied, f.doubt = AppliedMaybe, true
	}
	return f
}

// stopped is the error of a call that its caller ended.
func stopped(e Endpoint, cause error) *Error {
	return &Error{Endpoint: e, Kind: KindStopped, Message: mask.Cut(cause.Error()), Err: cause}
}

// kept is the error of a call that the gate, or an outage, did not let send.
func kept(e Endpoint, cause error) *Error {
	if ended, is := errors.AsType[*outage.Ended](cause); is {
		return ofOutage(e, ended)
	}
	f := stopped(e, cause)
	if asked, is := errors.AsType[*gate.AskedError](cause); is {
		f.Kind, f.RetryAfter, f.down = KindRateLimited, asked.Left, true
	} else if _, is := errors.AsType[*gate.QuotaError](cause); is {
		f.Kind, f.down = KindQuota, true
	}
	return f
}

// ofOutage is the error of a call that an outage ended.
func ofOutage(e Endpoint, ended *outage.Ended) *Error {
	cause, _ := errors.AsType[*Error](ended.Cause.Err)
	f := &Error{
		Endpoint: e, Kind: KindUnavailable, HTTPStatus: cause.HTTPStatus, Page: cause.Page, Cut: cause.Cut,
		Message: mask.Cut(ended.Message), Err: cause.Err, Cause: cause,
	}
	if ended.GivenUp {
		f.Kind, f.RetryAfter = KindOutage, cause.RetryAfter
	}
	return f
}

// shows is what a failure shows of the API.
func (e *Error) shows() outage.Failure {
	return outage.Failure{
		Err: e, Message: e.Message, Down: e.down, Page: e.Page, Connected: e.connected, Free: e.free,
		OfToken: e.Endpoint == EndpointToken, Hopeless: e.hopeless,
	}
}

// send makes one request, which has passed the gate, tells it to whom it concerns, and returns nil when it was answered
// as asked.
func (c *call) send(ctx context.Context, q request, bearer *token, read func(reply) *Error) *Error {
	defer c.gate.Landed()
	attempt := Attempt{Endpoint: q.endpoint, Number: c.number, Start: time.Now(), N: 1}
	if q.endpoint == EndpointToken {
		attempt.N = c.fetches + 1
	}
	own := q.endpoint == c.endpoint
	if own {
		attempt.N = c.attempts + 1
	}
	if c.trace.Before != nil {
		leaves, err := c.trace.Before(ctx, attempt)
		if err != nil {
			return stopped(c.endpoint, err)
		}
		q.leaves = leaves
	}
	if own {
		c.attempts++
	} else if q.endpoint == EndpointToken {
		c.fetches++
	}
	c.Sent = time.Now()
	f := c.answered(ctx, q, bearer, read, &attempt)
	attempt.Start, attempt.Duration = c.Sent, time.Since(c.Sent)
	c.learn(ctx, f, own)
	if f != nil {
		attempt.HTTPStatus, attempt.Applied, attempt.Err, attempt.RetryAfter = f.HTTPStatus, f.Applied, f, f.RetryAfter
		if now := time.Now(); f.pushBack != "" && f.RetryAfter > 0 {
			attempt.Asks = Wait{Reason: f.pushBack, Since: now, Until: now.Add(f.RetryAfter)}
		}
	}
	if c.trace.Done != nil {
		c.trace.Done(ctx, attempt)
	}
	return f
}

// answered sends a request and judges what comes back.
func (c *call) answered(
	ctx context.Context, q request, bearer *token, read func(reply) *Error, attempt *Attempt,
) *Error {
	rep, broken := c.exchange(ctx, q, bearer)
	attempt.HTTPStatus, attempt.Header = rep.status, rep.header
	var f *Error
	if broken != nil {
		f = lost(q.endpoint, broken)
	} else if f = classify(rep); f == nil {
		f = read(rep)
	}
	if broken == nil && f.proves() || f != nil && f.pushBack == WaitThrottled {
		yielding, news := c.gate.Answered(gate.Answer{
			Sent: c.Sent, Refused: !f.proves(), Asked: f.asks(), Header: rep.header, Date: rep.date,
		})
		if news && c.trace.Yielding != nil {
			c.trace.Yielding(ctx, yielding)
		}
	}
	if f == nil && q.endpoint.changes() {
		attempt.Applied = AppliedYes
	}
	if err := pause.Ended(ctx); err != nil && (broken != nil || f != nil && rep.err != nil) {
		end := stopped(q.endpoint, err)
		end.HTTPStatus, end.Applied = f.HTTPStatus, f.Applied
		return end
	}
	return f
}

// learn takes from an attempt what concerns the whole client.
func (c *call) learn(ctx context.Context, f *Error, own bool) {
	if f == nil || f.connected {
		c.Connected = true
	}
	if f == nil {
		c.gate.Worked(c.Sent)
	} else if f.hopeless { // before another call has its turn to try
		c.outage.GiveUp(f.shows())
	}
	// A token tells nothing of the endpoint that it is for.
	if own && f.proves() {
		if news := c.outage.Worked(); news != nil {
			c.tell(ctx, *news)
		}
	}
}
