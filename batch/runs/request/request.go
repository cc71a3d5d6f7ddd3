// Package request is an attempt or a wait of a run: for charts and for counting, as it is kept in the store.
package request

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// Request is an attempt or a wait, for charts and for counting.
type Request struct {
	At time.Time `json:"at"`
	// Of an attempt: Line is that of the row it was made for, 0 when it was for none; HTTPStatus is 0 when there was
	// no answer.
	Endpoint   client.Endpoint `json:"endpoint,omitempty"`
	Line       int             `json:"line,omitempty"`
	Number     string          `json:"number,omitempty"`
	Attempt    int             `json:"attempt,omitempty"`
	HTTPStatus int             `json:"httpStatus,omitempty"`
	DurationMs int64           `json:"durationMs,omitempty"`
	Error      string          `json:"error,omitempty"`
	// Asks is why its answer asks all requests to wait until Until; "": it does not.
	Asks client.WaitReason `json:"asks,omitempty"`
	// Of a wait: Wait is its reason, and Until its end as it was planned; zero: not known.
	Wait  client.WaitReason `json:"wait,omitempty"`
	Until time.Time         `json:"until,omitzero"`
}

// Of reads a request: as it was written, where it is as nearly all are, or as JSON.
func Of(doc []byte) (Request, error) {
	if r, ok := plainRequest(doc); ok {
		return r, nil
	}
	var r Request
	err := json.Unmarshal(doc, &r)
	return r, err
}

// plainRequest reads an attempt that was answered; false: it is none.
func plainRequest(doc []byte) (r Request, ok bool) {
	d := store.Written(doc)
	at, endpoint, took := "", "", 0
	if !d.Text(`{"at":`, &at) || !d.Text(`,"endpoint":`, &endpoint) {
		return r, false
	}
	d.Number(`,"line":`, &r.Line)
	d.Text(`,"number":`, &r.Number)
	d.Number(`,"attempt":`, &r.Attempt)
	d.Number(`,"httpStatus":`, &r.HTTPStatus)
	d.Number(`,"durationMs":`, &took)
	var err error
	r.At, err = time.Parse(time.RFC3339Nano, at)
	r.Endpoint, r.DurationMs = client.Endpoint(endpoint), int64(took)
	return r, err == nil && string(d) == "}"
}

// Doc is a request as it is kept: written as encoding/json does.
func (r Request) Doc() ([]byte, error) {
	if doc, plain := appendRequest(make([]byte, 0, 192), r); plain {
		return doc, nil
	}
	return json.Marshal(r)
}

// appendRequest writes an attempt for a number that was answered as plainRequest reads it; false: it is none.
func appendRequest(doc []byte, r Request) (_ []byte, plain bool) {
	if r.Error != "" || r.Asks != "" || r.Wait != "" || !r.Until.IsZero() || r.Endpoint == "" || r.Number == "" {
		return doc, false
	}
	doc = append(r.At.AppendFormat(append(doc, `{"at":"`...), time.RFC3339Nano), '"')
	plain = store.AppendText(&doc, `,"endpoint":`, string(r.Endpoint))
	number := func(name string, n int64) {
		if n != 0 {
			doc = strconv.AppendInt(append(doc, name...), n, 10)
		}
	}
	number(`,"line":`, int64(r.Line))
	plain = plain && store.AppendText(&doc, `,"number":`, r.Number)
	number(`,"attempt":`, int64(r.Attempt))
	number(`,"httpStatus":`, int64(r.HTTPStatus))
	number(`,"durationMs":`, r.DurationMs)
	return append(doc, '}'), plain
}
