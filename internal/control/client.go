package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
)

var (
	// ErrNobody is that a run's folder has no socket at which somebody listens.
	ErrNobody = errors.New("nobody listens at the run's socket")
	// ErrSilent is that a run listens and does not answer.
	ErrSilent = fmt.Errorf("the run does not answer within %v: its process may be suspended", answerWithin)
)

// Request is what is asked of a run.
type Request struct {
	Do event.Command
	// Rate is for [event.CommandRate], as in "20/m". Wave is the one that is meant with
	// [event.CommandNext]; "": whichever is held. Whose pause [event.CommandContinue] is to
	// end; "": that of who asks.
	Rate, Wave, Whose string
	// By is who asks.
	By string
}

// form is the request as a form, which holds until a moment.
func (r Request) form(until time.Time) url.Values {
	form := url.Values{formRate: {r.Rate}, formWave: {r.Wave}, formWhose: {r.Whose}, formBy: {r.By}}
	if !until.IsZero() {
		form.Set(formUntil, until.UTC().Format(time.RFC3339Nano))
	}
	return form
}

// Ask asks the run in a folder for something and returns where it stands then.
// A refusal of the run is an error too. The answer to a pause may take as long
// as one request of the run; the context ends the asking, and not the pause.
func Ask(ctx context.Context, folder string, r Request) (control.Document, error) {
	return askWithin(ctx, folder, r, answerWithin)
}

// askWithin is [Ask] of a run that has so long to answer.
func askWithin(ctx context.Context, folder string, r Request, limit time.Duration) (control.Document, error) {
	if r.Do == event.CommandPause { // which has no limit of its own
		if s, err := askWithin(ctx, folder, Request{Do: Status}, limit); err != nil {
			return s, err
		}
	} else {
		var done context.CancelFunc
		ctx, done = context.WithTimeoutCause(ctx, limit, ErrSilent)
		defer done()
	}
	a, err := exchange(ctx, folder, r, time.Now().Add(limit-limit/5)) // the answer takes its time, too
	switch outer, ok := errors.AsType[*url.Error](err); {
	case ctx.Err() != nil && err != nil:
		return a.Status, context.Cause(ctx)
	case errors.Is(err, ErrNobody) && ok:
		return a.Status, outer.Err
	case err != nil:
		return a.Status, fmt.Errorf("control socket: %w", err)
	}
	return a.Status, a.refusal()
}

// refusal is why it was not done; nil: it was.
func (a *answer) refusal() error {
	switch {
	case a.Instead != nil:
		return &control.RefusedError{Why: printable(a.Error), Way: *a.Instead}
	case a.Error != "":
		return errors.New(printable(a.Error))
	}
	return nil
}

// exchange sends a request, which holds until a moment, and reads its answer.
func exchange(ctx context.Context, folder string, r Request, until time.Time) (a answer, err error) {
	socket, err := findSocket(folder)
	if err != nil {
		return a, err
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrNobody, err)
			}
			return conn, nil
		},
	}}
	method, form := http.MethodPost, r.form(until)
	if r.Do == Status {
		method, form = http.MethodGet, nil
	}
	address := "http://run" + prefix + url.PathEscape(string(r.Do))
	q, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return a, err
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	reply, err := client.Do(q)
	if err != nil {
		return a, err
	}
	defer reply.Body.Close()
	if reply.StatusCode == http.StatusNotFound {
		return a, errUnknown
	}
	if err := json.NewDecoder(reply.Body).Decode(&a); err != nil {
		return a, fmt.Errorf("the answer of the run, status %d: %w", reply.StatusCode, err)
	}
	return a, nil
}
