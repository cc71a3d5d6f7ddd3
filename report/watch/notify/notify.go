// Package notify is the webhook of a run: it posts when the run is held, stops or ends.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/runs"
)

// The patience with whoever is notified: nobody waits for it but the end of the
// command, and that not long.
const (
	notifyTimeout = 3 * time.Second
	notifyTries   = 3
	notifyPause   = time.Second
	notifyEnd     = 10 * time.Second
	// notifyQueue is how many notifications may wait to be delivered.
	notifyQueue = 16
)

// Notifier posts what becomes of a run to an address. That it cannot changes
// nothing of the run. It is safe for concurrent use.
type Notifier struct {
	options Options
	client  *http.Client
	queue   chan Notification
	done    chan struct{}
	late    chan struct{} // is closed when nothing is delivered any more

	mu     sync.Mutex
	teller teller
}

// Options say how to notify.
type Options struct {
	Address Address
	// Format is the form of what is posted; "": as [FormatJSON].
	Format Format
	// On is what is worth it; "": as [OnAlways].
	On Occasion
	// Job is what is run, as long as no run has begun.
	Job string
	// Status tells where the run stands, as the event made it that is told.
	Status control.View
	// Warn is told what was not delivered, without the address.
	Warn func(what string, err error)
	// Transport is for tests. Optional.
	Transport http.RoundTripper
}

// Start begins to post.
func Start(o Options) *Notifier {
	if o.Transport == nil {
		o.Transport = newNotifyTransport()
	}
	n := &Notifier{
		options: o, teller: teller{job: o.Job, status: o.Status},
		queue: make(chan Notification, notifyQueue), done: make(chan struct{}), late: make(chan struct{}),
		client: &http.Client{
			Transport: o.Transport,
			Timeout:   notifyTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
	}
	go n.work()
	return n
}

// errLate is that a notification was not delivered in the time that the end of a run waits for it.
var errLate = fmt.Errorf("the end of the run waits no longer than %v for it", notifyEnd)

// work delivers what is in the queue, until that is closed.
func (n *Notifier) work() {
	defer close(n.done)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go func() {
		select {
		case <-n.late:
			cancel(errLate)
		case <-n.done:
		}
	}()
	for notification := range n.queue {
		if err := n.deliver(ctx, notification); err != nil {
			n.options.Warn("a notification was not delivered", n.options.Address.hide(err))
		}
	}
}

// newNotifyTransport returns a transport that shares nothing with the API's.
func newNotifyTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: notifyTimeout}).DialContext,
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: notifyTimeout,
		DisableKeepAlives:   true, // a run has few, and hours between them
	}
}

// Listen is the notifier's [event.Listener].
func (n *Notifier) Listen(e event.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if notification, ok := n.teller.listen(e); ok {
		n.enqueue(notification)
	}
}

// End tells what the run came to, and waits a little for all to be delivered.
func (n *Notifier) End(o runs.Outcome) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.enqueue(n.teller.end(o))
	close(n.queue)
	timer := time.AfterFunc(notifyEnd, func() { close(n.late) })
	defer timer.Stop()
	<-n.done
}

// enqueue has a notification posted, if it is worth it. It never waits: the run does not either.
func (n *Notifier) enqueue(notification Notification) {
	if !n.options.On.takes(&notification) {
		return
	}
	select {
	case n.queue <- notification:
	default:
		n.options.Warn("a notification was not delivered", fmt.Errorf("%d others are waiting", notifyQueue))
	}
}

// deliver posts a notification, a few times if need be.
func (n *Notifier) deliver(ctx context.Context, notification Notification) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // chats count bytes
	if err := encoder.Encode(n.options.Format.body(notification)); err != nil {
		return err
	}
	for try := 1; ; try++ {
		again, err := n.post(ctx, body.Bytes())
		if err == nil || !again || try == notifyTries {
			return err
		}
		timer := time.NewTimer(notifyPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// post posts once, and says whether an error may be gone next time.
func (n *Notifier) post(ctx context.Context, body []byte) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, n.options.Address.secret.Reveal(), bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "bulknum")
	answer, err := n.client.Do(request)
	if err != nil && ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if err != nil {
		return true, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSwitchingProtocols { // whose body is the connection: no time-out ends its reading
		_, _ = io.CopyN(io.Discard, answer.Body, 4<<10) // what it says is not of interest
	}
	if answer.StatusCode < http.StatusOK || answer.StatusCode >= http.StatusMultipleChoices {
		again = answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= http.StatusInternalServerError
		return again, fmt.Errorf("the answer was %d", answer.StatusCode)
	}
	return false, nil
}
