package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// Lists of routes are read in the spellings that the API's pages show. What else the answers have, passwords among it, is
// not kept.
func TestListsOfRoutes(t *testing.T) {
	yes, no := true, false
	server := &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
		if strings.Contains(r.URL.Path, "/voice/") {
			fmt.Fprint(w, `{"AccountID":"AID-1","TotalRoutes":4,"Results":[
				{"CallRouteId":"CRID-1","AccountID":"AID-1","RouteName":"Old hub","RouteType":"Trunk","RouteEnabled":true,"CallRouteStatus":"Active","TrunkPassword":"hunter2"},
				{"callRouteID":"T9992774","RouteName":"Away","RouteType":"URL","RouteEnabled":"No","CallRouteStatus":"Deleted"},
				{"RouteName":"of no id"},null]}`)
			return
		}
		fmt.Fprint(w, `{"accountId":"AID-1","totalRoutes":1,"results":[
			{"MessageRouteId":"MRID-1","RouteName":"EU SMS hub","MessageRouteEnabled":false,"MessagePasswordToken":"hunter2","CallbackMessageUrl":null}]}`)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		c := newClient(t, cfg)
		list, err := c.Routes(t.Context(), client.RouteOfMessages)
		want := client.RouteList{Total: 1, Routes: []client.Route{{Kind: client.RouteOfMessages, ID: "MRID-1", Name: "EU SMS hub", Enabled: &no}}}
		if diff := cmp.Diff(want, list); diff != "" || err != nil || !list.Whole() || list.Routes[0].Trouble() != "is disabled" {
			t.Errorf("%v %q (-want +got):\n%s", err, list.Routes[0].Trouble(), diff)
		}
		list, err = c.Routes(t.Context(), client.RouteOfVoice)
		want = client.RouteList{Total: 4, Routes: []client.Route{
			{Kind: client.RouteOfVoice, ID: "CRID-1", Name: "Old hub", Type: "Trunk", Enabled: &yes, Status: "Active"},
			{Kind: client.RouteOfVoice, ID: "T9992774", Name: "Away", Type: "URL", Enabled: &no, Status: "Deleted"},
		}}
		if diff := cmp.Diff(want, list); diff != "" || err != nil || list.Whole() {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if got := list.Routes[0].Trouble() + list.Routes[1].Trouble(); got != "is Deleted" {
			t.Errorf("the trouble with them is %q", got)
		}
		var ids []string
		for route, err := range c.AllRoutes(t.Context()) {
			if err != nil {
				ids = append(ids, err.Error())
				break
			}
			ids = append(ids, route.ID)
		}
		lists := []string{"MRID-1", "CRID-1", "T9992774", "list of voice routes: 2 came, of 4 that there are"}
		if diff := cmp.Diff(lists, ids); diff != "" {
			t.Errorf("one after the other (-want +got):\n%s", diff)
		}
	})
}

// By whichever spelling of the parameter a server knows a route, it is found, and once that is known each is one request.
func TestHowARouteIsAskedFor(t *testing.T) {
	for spelling, first := range map[string]int{"current": 1, "query-routes": 2} {
		spelled, err := sandbox.ParseSpelling(spelling)
		if err != nil {
			t.Fatal(err)
		}
		box, err := sandbox.New(sandbox.Config{Spelling: spelled, MissingRoutes: []string{"MRID-gone", "CRID-gone"}})
		if err != nil {
			t.Fatal(err)
		}
		inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			cfg.BaseURL = "http://localhost"
			c := newClient(t, cfg)
			for kind, of := range map[client.RouteKind]struct {
				prefix   string
				endpoint sandbox.Endpoint
			}{
				client.RouteOfMessages: {"MRID-", sandbox.MessageRoute}, client.RouteOfVoice: {"CRID-", sandbox.VoiceRoute},
			} {
				asked := 0
				for i, want := range []int{first, first, 1, 1} {
					id, gone := of.prefix+"1", i%2 == 0
					if gone {
						id = of.prefix + "gone" // of which nothing is learnt
					}
					route, err := c.Route(t.Context(), kind, id)
					if gone {
						wantError(t, err, client.KindNotFound, client.AppliedNo)
					} else if err != nil || route.ID != id {
						t.Errorf("%s: %+v, %v", id, route, err)
					}
					now := box.Stats().Endpoints[of.endpoint].Requests
					if now-asked != want {
						t.Errorf("%s: %s, the %d. time, took %d requests, want %d", spelling, id, i+1, now-asked, want)
					}
					asked = now
				}
			}
		})
	}
}

// An answer without a list is no list without routes.
func TestNoListOfRoutesIsNotAnEmptyOne(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
		fmt.Fprint(w, `{"AccountID":"AID-1","TotalRoutes":0}`)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		_, err := newClient(t, cfg).Routes(t.Context(), client.RouteOfVoice)
		wantError(t, err, client.KindUntrusted, client.AppliedNo)
	})
}

// Of a subscriber the id and the account are kept; one that is not known is an error, and so is another one.
func TestSubscriber(t *testing.T) {
	for _, older := range []bool{false, true} {
		box, err := sandbox.New(sandbox.Config{
			AccountId: "AID-1", Spelling: sandbox.Spelling{OldPrefixes: older},
			Subscribers: map[string]string{"TSUID-none": "", "TSUID-far": "AID-2"},
		})
		if err != nil {
			t.Fatal(err)
		}
		inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			cfg.BaseURL = "http://localhost"
			c := newClient(t, cfg)
			for id, account := range map[string]string{"TSUID-near": "AID-1", "TSUID-far": "AID-2"} {
				got, err := c.Subscriber(t.Context(), id)
				if want := (client.Subscriber{ID: id, Account: account}); got != want || err != nil {
					t.Errorf("%s: %+v, %v", id, got, err)
				}
			}
			_, err := c.Subscriber(t.Context(), "TSUID-none")
			wantError(t, err, client.KindNotFound, client.AppliedNo)
		})
	}
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
		fmt.Fprint(w, `{"SubscriberId":"TSUID-2","Account":null}`)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		_, err := newClient(t, cfg).Subscriber(t.Context(), "TSUID-1")
		wantError(t, err, client.KindUntrusted, client.AppliedNo)
		got, err := newClient(t, cfg).Subscriber(t.Context(), "TSUID-2")
		if want := (client.Subscriber{ID: "TSUID-2"}); got != want || err != nil {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
