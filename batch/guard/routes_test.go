package guard_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/route"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// readerOf reads from a sandbox.
func readerOf(t *testing.T, config sandbox.Config) *client.Reader {
	t.Helper()
	box, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	transport, stop := pipenet.Listen().Serve(box)
	t.Cleanup(stop)
	rate, err := client.ParseRate("100000/s")
	if err != nil {
		t.Fatal(err)
	}
	reader, err := client.NewReader(client.Config{
		BaseURL: "http://localhost", Rate: rate, Transport: transport,
		Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return reader
}

// Each number counts once, with the route that it has: an id means the same in any spelling, a route that is not listed is told
// too, and what is not told is not none.
func TestCensus(t *testing.T) {
	const listed = "MRID-AAAAAAAA-0000-4000-8000-000000000001"
	yes := true
	answers := map[string]string{
		"/v1.0/account/message/routes": `{"TotalRoutes":1,"Results":[{"MessageRouteId":"` + listed + `","RouteName":"EU SMS hub","MessageRouteEnabled":true}]}`,
		"/v1.0/account/voice/routes":   `{"TotalRoutes":3,"Results":[{"CallRouteId":"CRID-1","RouteName":"Trunk","RouteType":"Trunk","CallRouteStatus":"Deleted"}]}`,
		"/v1.0/numbers/inventory": `{"AccountId":"AID-1","TotalResults":4,"PhoneNumbers":[
			{"Number":"+18015550100","MessageRouteId":"` + strings.ToLower(listed) + `","VoiceRouteId":null},
			{"Number":"+18015550101","MessageRouteId":"` + listed + `"},
			{"Number":"+18015550101","MessageRouteId":"` + listed + `"},
			{"Number":"+18015550102","MessageRouteId":"MRID-only","VoiceRouteId":"CRID-1"},
			{"Number":"+18015550103","MessageRouteId":"","VoiceRouteId":"CRID-1"}]}`,
	}
	reader := readerOf(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
		answer, ok := answers[r.URL.Path]
		if !ok {
			return nil
		}
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
	}})
	got, err := route.CountInventory(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	want := route.Census{
		Numbers: 4, Total: 4, Whole: true,
		None:     map[client.RouteKind]int{client.RouteOfMessages: 1, client.RouteOfVoice: 1},
		Untold:   map[client.RouteKind]int{client.RouteOfVoice: 1},
		Unlisted: map[client.RouteKind]string{client.RouteOfVoice: "the API lists only 1 of 3"},
		Routes: []route.Counted{
			{Kind: client.RouteOfMessages, ID: listed, Name: "EU SMS hub", Enabled: &yes, Listed: true, Numbers: 2},
			{Kind: client.RouteOfMessages, ID: "MRID-only", Numbers: 1},
			{Kind: client.RouteOfVoice, ID: "CRID-1", Name: "Trunk", Type: "Trunk", Status: "Deleted", Listed: true, Numbers: 2},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
