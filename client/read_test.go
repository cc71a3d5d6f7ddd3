package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

func TestNumberIsReadInEverySpelling(t *testing.T) {
	yes, no := true, false
	text := func(s string) *string { return &s }
	for name, tt := range map[string]struct {
		body string
		want client.Number
	}{
		"as published": {
			`{"Number":"+18018018011","TNID":"TNID-1","OrderId":"x","NumberType":"Mobile","MessageEnabled":true,"MessageRouteId":"MRID-1",
			"VoiceEnabled":false,"Classification":"MVNO","MessageType":"A2P","VoiceRouteId":"T9992774","Status":"Active",
			"OriginalDatePurchased":null,"AssignedSubscriberId":null,"Iccid":"8901240397190557414F","Cnam":"Bob's Shake Shack"}`,
			client.Number{
				Number: testNumber, Tnid: "TNID-1", Status: "Active", NumberType: "Mobile", MessageEnabled: &yes, VoiceEnabled: &no,
				MessageType: text("a2p"), Classification: text("MVNO"), MessageRouteId: text("MRID-1"), VoiceRouteId: text("T9992774"),
				Iccid: text("8901240397190557414F"), Cnam: text("Bob's Shake Shack"),
			},
		},
		"older": {
			`{"PhoneNumber":"18018018011","Tnid":null,"SmsEnabled":"Yes","VoiceEnabled":"No","classification":"iot","ProductType":"sms+DATA+voice"}`,
			client.Number{
				Number: testNumber, MessageEnabled: &yes, VoiceEnabled: &no,
				Classification: text("IoT"), ProductType: text("Sms+Data+Voice"),
			},
		},
		"a number as a number, a word that is new": {
			`{"Number":18018018011,"MessageEnabled":null,"VoiceEnabled":"perhaps","MessageType":"a2x","Iccid":{"a":1},"CnamFirstName":""}`,
			client.Number{Number: testNumber, MessageType: text("a2x"), CnamFirstName: text("")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) { fmt.Fprint(w, tt.body) }}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				got, err := newClient(t, cfg).Number(t.Context(), testNumber)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAReadingOfAnotherNumberIsNotTrusted(t *testing.T) {
	for _, body := range []string{`{"Number":"+18018018012"}`, `{}`, `{"Successful":false,"Number":"+18018018011"}`} {
		server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) { fmt.Fprint(w, body) }}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			_, err := newClient(t, cfg).Number(t.Context(), testNumber)
			wantError(t, err, client.KindUntrusted, client.AppliedNo)
		})
	}
}

func TestUpdateSendsWhatIsSetAndTakesWhatIsEchoed(t *testing.T) {
	var sent map[string]any
	server := &fake{}
	cfg := overSockets(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/update") {
			server.ServeHTTP(w, r)
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, `{"Number":"18018018011","TNID":"TNID-1","UpdateOrderId":"JNUOID-7","UpdateOrderDate":"2025-05-02T18:36:13.1234567Z",
			"UpdateOrderStatus":"Submitted","VoiceEnabled":"No","MessageType":"A2P","Iccid":"8901240397190557414F","CnamFirstName":null}`)
	}))
	text := func(s string) *string { return &s }
	req := update(testNumber)
	req.MessageType, req.Iccid, req.CnamFirstName = text("a2p"), text("8901240397190556232"), text("")
	answer, err := newClient(t, cfg).Update(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"Number": testNumber, "VoiceEnabled": true, "MessageType": "a2p", "Iccid": "8901240397190556232", "CnamFirstName": "",
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if answer.Number != testNumber || answer.Tnid != "TNID-1" || answer.UpdateOrderId != "JNUOID-7" ||
		answer.UpdateOrderDate != "2025-05-02T18:36:13.1234567Z" || answer.State() != client.OrderPending || answer.HTTPStatus != 200 {
		t.Errorf("got %+v", answer)
	}
	if told := answer.Settings; *told.VoiceEnabled || *told.MessageType != "a2p" || *told.Iccid != "8901240397190557414F" || *told.CnamFirstName != "" {
		t.Errorf("it tells of %+v", told)
	}
}

func TestStateOf(t *testing.T) {
	for word, want := range map[string]client.OrderState{
		"Complete": client.OrderComplete, "COMPLETED": client.OrderComplete, " complete ": client.OrderComplete,
		"Failed": client.OrderFailed, "Cancelled": client.OrderFailed, "canceled": client.OrderFailed,
		"Error": client.OrderFailed, "rejected": client.OrderFailed,
		"Submitted": client.OrderPending, "Processing": client.OrderPending, "Pending": client.OrderPending,
		"Scheduled": client.OrderPending, "InProgress": client.OrderPending, "In Progress": client.OrderPending,
		"Pending Carrier Approval": client.OrderPending, "PENDING_CARRIER_APPROVAL\n": client.OrderPending,
		"ResolutionRequired": client.OrderNeedsPerson, "Resolution required": client.OrderNeedsPerson,
		"Incomplete": client.OrderUnknown, "Complete!": client.OrderUnknown, "": client.OrderUnknown,
	} {
		if got := client.StateOf(word); got != want || got.Ended() != (got == client.OrderComplete || got == client.OrderFailed) {
			t.Errorf("%q: got %v, want %v", word, got, want)
		}
	}
}

// What is told of an order names its word and says why.
func TestOrderRemarks(t *testing.T) {
	for _, tt := range []struct{ status, message, want string }{
		{"Complete", "done", ""},
		{"Pending", "", ""},
		{"Pending", "queued", "the order is Pending: queued"},
		{"Error", "8A-17 no such SIM", "the order is Error: 8A-17 no such SIM"},
		{"Failed", "", "the order is Failed"},
		{"ResolutionRequired", "wrong PIN", "the order is ResolutionRequired: it waits for a person to correct something: wrong PIN"},
		{"Foo", "", `the order is "Foo", which is no known status`},
	} {
		box, err := sandbox.New(sandbox.Config{
			Judge: func(_, _ sandbox.Record) sandbox.Verdict {
				return sandbox.Verdict{OrderStatus: tt.status, OrderMessage: tt.message}
			},
			Orders: sandbox.Orders{PendingFor: time.Hour},
		})
		if err != nil {
			t.Fatal(err)
		}
		inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			cfg.BaseURL = "http://localhost"
			c := newClient(t, cfg)
			answer, err := c.Update(t.Context(), update(testNumber))
			if err != nil || answer.OrderRemark() != tt.want || answer.OrderStatusMessage != tt.message {
				t.Errorf("%s: %q of %+v, %v, want %q", tt.status, answer.OrderRemark(), answer, err, tt.want)
			}
			order, err := c.Order(t.Context(), answer.UpdateOrderId)
			if err != nil || order.Remark() != tt.want || order.OrderStatusMessage != tt.message {
				t.Errorf("%s: %q of %+v, %v, want %q", tt.status, order.Remark(), order, err, tt.want)
			}
		})
	}
	if got := (client.Order{}).Remark(); got != "the status of the order is not told" {
		t.Errorf("got %q", got)
	}
}

func TestLookups(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
		switch {
		case r.FormValue("OrderId") == "JNUOID-1":
			fmt.Fprint(w, `{"OrderDate":"2025-05-02","OrderId":"JNUOID-1","OrderStatus":"Failed","OrderType":"Update","PhoneNumbersOrdered":[{"Number":"18018018011"}]}`)
		case r.FormValue("MessageRouteId") == "MRID-1":
			fmt.Fprint(w, `{"MessageRouteId":"MRID-1","RouteName":"main","MessageRouteEnabled":false,"Password":"hunter2"}`)
		case r.FormValue("CallRouteID") == "CRID-1":
			fmt.Fprint(w, `{"CallRouteId":"CRID-1","RouteName":"trunk","RouteType":"Trunk","CallRouteStatus":"Active"}`)
		default:
			fmt.Fprint(w, `{"OrderId":"other","MessageRouteId":"other","CallRouteId":"other"}`)
		}
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		c, no := newClient(t, cfg), false
		order, err := c.Order(t.Context(), "JNUOID-1")
		want := client.Order{
			OrderId: "JNUOID-1", OrderDate: "2025-05-02", OrderStatus: "Failed", OrderType: "Update",
			Numbers: []client.OrderedNumber{{Number: testNumber}},
		}
		if diff := cmp.Diff(want, order); diff != "" || err != nil || order.State() != client.OrderFailed {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		message, err := c.Route(t.Context(), client.RouteOfMessages, "MRID-1")
		if diff := cmp.Diff(client.Route{Kind: client.RouteOfMessages, ID: "MRID-1", Name: "main", Enabled: &no}, message); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		voice, err := c.Route(t.Context(), client.RouteOfVoice, "CRID-1")
		if diff := cmp.Diff(client.Route{Kind: client.RouteOfVoice, ID: "CRID-1", Name: "trunk", Type: "Trunk", Status: "Active"}, voice); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		_, err = c.Order(t.Context(), "JNUOID-2")
		wantError(t, err, client.KindUntrusted, client.AppliedNo)
		_, err = c.Route(t.Context(), client.RouteOfMessages, "MRID-2")
		wantError(t, err, client.KindUntrusted, client.AppliedNo)
		_, err = c.Route(t.Context(), client.RouteOfVoice, "CRID-2")
		wantError(t, err, client.KindUntrusted, client.AppliedNo)
	})
}

// A value of a number that has a secret in it is none: it is not shown, and nothing is set to it.
func TestAValueThatIsASecretIsNotShown(t *testing.T) {
	server := &fake{tokens: func(w http.ResponseWriter, _ *http.Request) { giveToken(w, "a-token-of-the-account", time.Hour) }}
	server.rest = func(w http.ResponseWriter, _ *http.Request, number string) {
		fmt.Fprintf(w, `{"PhoneNumber":%q,"MessageRouteId":"MRID-a-token-of-the-account","VoiceRouteId":%q,"Iccid":"x%s","ProductType":"of %s"}`,
			number, "CRID-\u0061-token-of-the-account", testSecret, testKey)
	}
	n, err := newClient(t, overSockets(t, server)).Number(t.Context(), testNumber)
	if err != nil {
		t.Fatal(err)
	}
	if n.MessageRouteId != nil || n.VoiceRouteId != nil || n.Iccid != nil {
		t.Errorf("it shows %v, %v, %v", n.MessageRouteId, n.VoiceRouteId, n.Iccid)
	}
	if n.ProductType == nil || *n.ProductType != "of "+testKey { // the key is no secret, and may be part of an id
		t.Errorf("it shows %v", n.ProductType)
	}
}
