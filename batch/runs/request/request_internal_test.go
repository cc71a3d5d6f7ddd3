package request

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/client"
)

// A request is read as JSON tells it, also in the short way; and that is taken by those that are as nearly all are.
func TestRequestOf(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "", `"`, `\`, "é", `,"line":7`, "}", "<", "x"})
	rapid.Check(t, func(r *rapid.T) {
		request := Request{
			At:       time.Unix(0, rapid.Int64Range(0, 1<<60).Draw(r, "at")).UTC(),
			Endpoint: client.Endpoint(text.Draw(r, "endpoint")), Line: rapid.IntRange(0, 2).Draw(r, "line"),
			Number: text.Draw(r, "number"), Attempt: rapid.IntRange(0, 2).Draw(r, "attempt"),
			HTTPStatus: rapid.SampledFrom([]int{0, 200}).Draw(r, "status"), DurationMs: rapid.Int64Range(0, 1).Draw(r, "took"),
			Error: text.Draw(r, "error"), Asks: client.WaitReason(text.Draw(r, "asks")), Wait: client.WaitReason(text.Draw(r, "wait")),
		}
		if rapid.Bool().Draw(r, "until") {
			request.Until = request.At.Add(time.Second)
		}
		doc, err := json.Marshal(request)
		if err != nil {
			r.Fatal(err)
		}
		if written, err := request.Doc(); err != nil || !bytes.Equal(written, doc) {
			r.Errorf("%s is written, %v; want %s", written, err, doc)
		}
		got, err := Of(doc)
		if err != nil || !cmp.Equal(got, request) {
			r.Errorf("%s is %+v, %v", doc, got, err)
		}
	})
	plain := Request{
		At: time.Unix(1, 5).UTC(), Endpoint: client.EndpointUpdate, Line: 2, Number: "+12025550101", Attempt: 1, HTTPStatus: 200, DurationMs: 3,
	}
	doc, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	if written, ok := appendRequest(nil, plain); !ok || !bytes.Equal(written, doc) {
		t.Errorf("%s is written %s, %v", doc, written, ok)
	}
	if got, ok := plainRequest(doc); !ok || !cmp.Equal(got, plain) {
		t.Errorf("%s is %+v, %v", doc, got, ok)
	}
}
