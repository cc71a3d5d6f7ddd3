package model

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// pendingFor is how long an order that is pending takes: not as long as anything else.
const pendingFor = 5*time.Minute + 7*time.Millisecond

// hiddenFor is how long a number cannot be read.
const hiddenFor = 10 * time.Minute

// latency is how long a request is on its way, and its answer: a kill falls between.
const latency = 200 * time.Millisecond

// errCut is what a process meets on the network that is no more.
var errCut = errors.New("connection refused")

// way is the network of one operation, which ends with it.
type way struct {
	*operation
	*http.Transport
}

// newWay is a way to the world's API.
func newWay(o *operation) *way {
	w := &way{operation: o}
	w.Transport = &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if o.dead.Load() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errCut}
		}
		conn, err := o.world.listener.DialContext(ctx, network, address)
		if err == nil {
			o.world.conns.add(o, conn)
		}
		return conn, err
	}}
	return w
}

// RoundTrip takes its time, and leads nowhere from a dead process.
func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(latency):
	case <-r.Context().Done():
		return nil, &net.OpError{Op: "dial", Err: r.Context().Err()}
	}
	if w.dead.Load() {
		return nil, &net.OpError{Op: "dial", Err: errCut}
	}
	return w.Transport.RoundTrip(r)
}

// ServeHTTP is the API: the sandbox, with the fates of updates, and the model looks
// on.
func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	o := w.operationOf(r.UserAgent())
	body, err := io.ReadAll(r.Body)
	if err != nil || o.dead.Load() {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !strings.HasSuffix(r.URL.Path, "/numbers/update") {
		w.answer(out, w.read(o, r))
		return
	}
	q := w.newRequest(o, body)
	switch q.fate {
	case Throttled:
		out.Header().Set("Retry-After", "2")
		refuse(out, http.StatusTooManyRequests)
	case Busy:
		refuse(out, http.StatusServiceUnavailable)
	case Refused:
		refuse(out, http.StatusBadRequest)
	case Barred:
		status := []int{http.StatusLocked, http.StatusTooEarly, http.StatusConflict}[w.locked.Add(1)%3]
		if status == http.StatusConflict {
			w.takeEffect(q, r, body)
		} else {
			w.dropped(q)
		}
		refuse(out, status)
	case Swallowed:
		panic(http.ErrAbortHandler)
	case Cropped:
		answer := w.takeEffect(q, r, body)
		out.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
		_, _ = out.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
		_ = http.NewResponseController(out).Flush()
		panic(http.ErrAbortHandler)
	case Lost:
		w.takeEffect(q, r, body)
		panic(http.ErrAbortHandler)
	case Slow, Stalled:
		time.Sleep(map[Fate]time.Duration{Slow: slowFor, Stalled: stalledFor}[q.fate])
		answer := w.takeEffect(q, r, body)
		w.mu.Lock()
		if answer.Code == http.StatusOK && o.cutAt.Before(q.at) && q.fate == Slow {
			q.answered = time.Now()
		}
		w.mu.Unlock()
		w.answer(out, answer)
	case Late:
		w.later(q, r, body, 7*time.Second)
		panic(http.ErrAbortHandler)
	case TooLate:
		w.later(q, r, body, 100*time.Second)
		panic(http.ErrAbortHandler)
	default:
		time.Sleep(latency)
		before := w.routeOf(q.number)
		answer := w.takeEffect(q, r, body)
		if q.fate == EchoesOld && answer.Code == http.StatusOK {
			answer = withRoute(answer, before)
		}
		time.Sleep(latency)
		w.mu.Lock()
		if answer.Code == http.StatusOK && o.cutAt.Before(q.at) && q.fate.trusted() {
			q.answered = time.Now()
		}
		w.mu.Unlock()
		w.answer(out, answer)
	}
}

// routeOf is the route that a number has.
func (w *world) routeOf(n int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.past[n][route].now().value
}

// withRoute is an answer that shows another route.
func withRoute(answer *httptest.ResponseRecorder, value string) *httptest.ResponseRecorder {
	var told map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &told); err != nil {
		panic(err)
	}
	told[fields[route]] = value
	text, err := json.Marshal(told)
	if err != nil {
		panic(err)
	}
	other := httptest.NewRecorder()
	_, _ = other.Write(text)
	return other
}

func refuse(out http.ResponseWriter, status int) {
	out.WriteHeader(status)
	_, _ = io.WriteString(out, `{"StatusCode":0,"Message":"as the history has it"}`)
}

func (w *world) answer(out http.ResponseWriter, answer *httptest.ResponseRecorder) {
	maps.Copy(out.Header(), answer.Header())
	out.WriteHeader(answer.Code)
	_, _ = out.Write(answer.Body.Bytes())
}

// read serves everything but updates, and notes what was read of which number.
func (w *world) read(o *operation, r *http.Request) *httptest.ResponseRecorder {
	w.mu.Lock()
	defer w.mu.Unlock()
	answer := httptest.NewRecorder()
	if w.hides(o, r) {
		refuse(answer, http.StatusNotFound)
		return answer
	}
	w.api.ServeHTTP(answer, r)
	for _, q := range o.run.requests {
		if q.order != "" && r.URL.Query().Get("OrderId") == q.order && !q.applied.IsZero() {
			q.completed = time.Now()
		}
	}
	if answer.Code == http.StatusOK && strings.Contains(r.URL.Path, "/numbers") {
		inventory := strings.HasSuffix(r.URL.Path, "/inventory")
		hidden := w.show(answer, inventory)
		for n := range w.past {
			if inventory || askedFor(r) == number(n) {
				is := reading{at: time.Now(), values: w.shows(n)}
				if hidden {
					is.values[subscriber] = unseen
				}
				o.readings[n] = append(o.readings[n], is)
				if o.action != Verify {
					o.run.readings[n] = append(o.run.readings[n], is)
				}
			}
		}
	}
	return answer
}

// hides reports whether a reading meets a number that cannot be read: nor can the
// inventory then, which would show it.
func (w *world) hides(o *operation, r *http.Request) bool {
	inventory := strings.HasSuffix(r.URL.Path, "/inventory")
	if n := o.told.Unread; n > 0 && (inventory || askedFor(r) == number(n-1)) {
		return true
	}
	for n, until := range w.hidden {
		if time.Now().Before(until) && (inventory || askedFor(r) == number(n)) {
			return true
		}
	}
	return false
}

// hiding reports whether some number cannot be read now.
func (w *world) hiding() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, until := range w.hidden {
		if time.Now().Before(until) {
			return true
		}
	}
	return false
}

// newRequest notes an update that has arrived, judges it, and finds its fate.
func (w *world) newRequest(o *operation, body []byte) *request {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := &request{by: o, at: time.Now(), set: map[string]string{}, fate: Answered, flying: true, wave: int(o.wave.Load())}
	var asked map[string]any
	if err := json.Unmarshal(body, &asked); err != nil {
		panic(err)
	}
	for n := range w.past {
		if asked["Number"] == number(n) {
			q.number = n
		}
	}
	for name, v := range asked {
		switch v := v.(type) {
		case bool:
			q.set[name] = strconv.FormatBool(v)
		case string:
			q.set[name] = v
		}
	}
	delete(q.set, "Number")
	q.along = o.run.leavesRoute(q.number)
	if len(o.fates) > 0 {
		q.fate, o.fates = o.fates[0], o.fates[1:]
	}
	switch q.fate {
	case Throttled, Busy, Refused, Swallowed:
		q.flying = false
	}
	w.count.happened(string(q.fate))
	w.arrives(q)
	return q
}

// later lets an update take effect when nobody waits for it any more.
func (w *world) later(q *request, r *http.Request, body []byte, after time.Duration) {
	again := r.Clone(context.WithoutCancel(r.Context()))
	w.flying.Go(func() {
		time.Sleep(after)
		w.takeEffect(q, again, body)
	})
}

// takeEffect hands an update to the sandbox.
func (w *world) takeEffect(q *request, r *http.Request, body []byte) *httptest.ResponseRecorder {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	w.verdict = map[Fate]string{Pends: "Pending", Errs: "Error"}[q.fate]
	w.updates++
	w.faults[w.updates] = q.fate.fault()
	before := w.values(q.number)
	w.api.ServeHTTP(answer, r)
	switch {
	case q.fate == Pends && answer.Code == http.StatusOK:
		w.flying.Go(func() {
			time.Sleep(pendingFor)
			w.mu.Lock()
			defer w.mu.Unlock()
			if record, _ := w.api.Number(number(q.number)); q.set[fields[sim]] != "" && valuesOf(record)[sim] != q.set[fields[sim]] {
				q.flying, q.denied = false, true // its order has failed: the SIM is on another number
				return
			}
			w.tookEffect(q)
		})
	case w.seen.Applied:
		w.tookEffect(q)
	default:
		q.flying = false
	}
	q.denied = answer.Code == http.StatusBadRequest
	var told struct{ UpdateOrderId string }
	_ = json.Unmarshal(answer.Body.Bytes(), &told) // which may be a page, or nothing
	q.order = told.UpdateOrderId
	switch q.fate {
	case Hides:
		w.hidden[q.number] = time.Now().Add(hiddenFor)
	case Lags:
		w.lagging[q.number] = lag{before, time.Now().Add(lagFor)}
	}
	return answer
}

// dropped notes that an update never takes effect.
func (w *world) dropped(q *request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	q.flying = false
}

// tookEffect notes that an update did.
func (w *world) tookEffect(q *request) {
	q.flying, q.applied = false, time.Now()
	w.judgeLate(q)
	for field, name := range fields {
		if v, set := q.set[name]; set {
			w.past[q.number][field] = append(w.past[q.number][field], moment{at: q.applied, value: v, by: q.by.run, q: q})
		}
	}
	if q.by.dead.Load() {
		w.count.happened("late answer after a kill")
	}
}

// askedFor is the number that a reading asks for, by whichever name.
func askedFor(r *http.Request) string {
	query := r.URL.Query()
	return cmp.Or(query.Get("Number"), query.Get("PhoneNumber"))
}
