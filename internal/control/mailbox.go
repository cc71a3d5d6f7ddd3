package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/store"
)

const (
	// takenWithin is within what time a run takes what it is asked for through the store, and doneWithin how long what
	// waits for nothing may take in all.
	takenWithin = 10 * time.Second
	doneWithin  = takenWithin + 5*time.Second
)

// What a form through the store says besides: what is to be done, and from which user of which host it comes.
const (
	formDo   = "do"
	formFrom = "from"
)

// errUnanswered is that a run took what it was asked for, and did not say what came of it.
var errUnanswered = errors.New("the run has taken the request, and has not said what came of it: ask for its status")

// AskThrough does what [Ask] does through the store that a run is in, from any host. from is the user and the host. What
// matches [store.ErrUntaken] was not done, and will not be.
func AskThrough(ctx context.Context, box store.Mailbox, run store.RunID, from string, r Request) (control.Document, error) {
	form := r.form(time.Time{}) // until when it holds is said by the store, whose clock is one for all hosts
	form.Set(formDo, string(r.Do))
	form.Set(formFrom, from)
	if r.Do != event.CommandPause {
		var done context.CancelFunc
		ctx, done = context.WithTimeoutCause(ctx, doneWithin, errUnanswered)
		defer done()
	}
	var a answer
	text, err := box.Ask(ctx, run, form.Encode(), takenWithin)
	if err != nil {
		return a.Status, err
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return a.Status, fmt.Errorf("the answer of the run: %w", err)
	}
	return a.Status, a.refusal()
}

// ServeThrough answers what a run is asked for through its store, until stop is called.
func ServeThrough(box store.Mailbox, run store.RunID, c *control.Control) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	d := &desk{control: c, ctx: ctx}
	var serving sync.WaitGroup
	serving.Go(func() { box.Receive(ctx, run, d.read) })
	return func() {
		cancel()
		serving.Wait()
	}
}

// read answers a request that came through the store.
func (d *desk) read(m store.Message) string {
	form, err := url.ParseQuery(m.Text)
	if err != nil || len(m.Text) > maxRequest {
		form = nil // which asks for nothing that is known
	}
	text, err := json.Marshal(d.do(event.Command(form.Get(formDo)), sender(form, m.Role), form))
	if err != nil {
		return "{}" // it never fails
	}
	return string(text)
}

// sender is who asks through the store: a name, if one was given, the user and the host, and the role.
func sender(form url.Values, role string) string {
	from := printable(form.Get(formFrom))
	if said := printable(form.Get(formBy)); said != "" {
		return fmt.Sprintf("%s (%s, as %s)", said, from, printable(role))
	}
	return fmt.Sprintf("%s (as %s)", from, printable(role))
}
