package sandbox_test

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/client/sandbox/apitest"
	"github.com/bulknum/bulknum/internal/testextent"
)

// tour asks each endpoint for things that exist and things that do not.
func tour(c *caller) {
	c.update(`{"Number":"+18018018011","MessageRouteId":"","CnamFirstName":"A","AssignedSubscriberId":"TSUID-1"}`)
	got := c.update(`{"Number":"+447700900123","ProductType":"Sms-Only","Iccid":"8901240397190556232F"}`)
	if id, ok := got.member("UpdateOrderId").(string); ok {
		c.get(orderPath, "OrderId", id)
	}
	c.update(`{"Number":"+18018018011","MessageRouteId":7,"Iccid":"x"}`)
	c.update(`{"Number":"+18018018011","Classification":"IoT","MessageType":"a2p"}`)
	c.get(numberPath, "PhoneNumber", "+18018018011")
	c.get(numberPath, "PhoneNumber", "8018018011")
	c.get(numberPath, "Number", "+18018018011")
	c.get(numberPath, "Number", "+18018018011", "PhoneNumber", "+18018018011")
	c.get(numberPath, "Number", "+18018018011", "PhoneNumber", "+18018018012")
	for page := range 3 {
		c.get(inventoryPath, "Filter", "All", "PageNumber", strconv.Itoa(page+1))
	}
	c.get(inventoryPath, "Filter", "Inactive")
	for page := range 3 {
		c.get(inventoryPath, "Filter", "All", "PageNumber", strconv.Itoa(page+1), "TotalNumbersRequested", "12")
	}
	c.get(inventoryPath, "Filter", "All", "TotalNumbersRequested", "0")
	c.get(orderPath, "OrderId", "JNUOID-none")
	c.get("/v1.0/message/routes", "MessageRouteId", "MRID-1")
	c.get("/v1.0/voice/routes", "CallRouteID", "CRID-1")
	c.get("/v1.0/account/message/routes")
	c.get("/v1.0/account/voice/routes")
	c.get("/v1.0/account/voice/routes", "AccountId", "AID-none")
	c.get("/v1.0/account/message/routes", "PageNumber", "1")
	c.get("/v1.0/subscribers/get", "SubscriberId", "TSUID-1")
	c.get("/v1.0/subscribers/get", "SubscriberId", "TSUID-none")
	c.get("/v1.0/distributor/subscribers")
	c.get("/v1.0/distributor/subscribers", "PageNumber", "2", "TotalPerPage", "1")
	c.get("/v1.0/distributor/subscribers", "TotalPerPage", "0")
	c.get("/v1.0/distributor/subscribers", "AccountId", "AID-1")
	c.send("GET", updatePath, "", "")
	c.send("GET", "/v1.0/v1.0/numbers", "", "")
	c.send("POST", updatePath, c.token(numberPath), `{}`)
}

// TestAnswersAreAsDescribed is a law: whatever the words of the spelling and the error shape, each answer is as
// openapi.yaml says.
func TestAnswersAreAsDescribed(t *testing.T) {
	if err := testextent.Checks(300); err != nil { // each makes an inventory and its requests
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		truth := func(name string) bool { return rapid.Bool().Draw(rt, name) }
		words := rapid.SliceOfDistinct(rapid.SampledFrom(sandbox.Spellings()), rapid.ID).Draw(rt, "spelling")
		spelling, err := sandbox.ParseSpelling(strings.Join(append([]string{"current"}, words...), ","))
		if err != nil {
			rt.Fatal(err)
		}
		_, c := newCaller(t, sandbox.Config{
			Numbers: 25, PageSize: 20, Subscribers: map[string]string{"TSUID-none": "", "TSUID-1": "AID-1", "TSUID-2": "AID-1"},
			Seed:   rapid.Int64().Draw(rt, "seed"),
			Errors: rapid.SampledFrom([]sandbox.ErrorShape{sandbox.ErrorsSpec, sandbox.ErrorsProblem}).Draw(rt, "errors"),
			Pages: sandbox.Pages{
				NoTotal: truth("no total"), Shift: rapid.IntRange(-3, 3).Draw(rt, "shift"),
				Requested: rapid.SampledFrom([]sandbox.Requested{
					sandbox.RequestedIgnored, sandbox.RequestedSize, sandbox.RequestedCap, sandbox.RequestedCapRecords,
					sandbox.RequestedFirstPage, sandbox.RequestedRefused}).Draw(rt, "requested"),
			},
			Quota: sandbox.Quota{N: 20, Per: 1e9, RetryAfter: rapid.SampledFrom([]sandbox.RetryAfter{
				sandbox.RetrySeconds, sandbox.RetryDate, sandbox.RetryBody, sandbox.RetryNone}).Draw(rt, "retry-after")},
			Spelling: spelling,
		})
		c.h = apitest.Validate(t, c.h)
		for _, path := range []string{updatePath, numberPath, inventoryPath, orderPath, "/v1.0/message/routes", "/v1.0/voice/routes",
			"/v1.0/account/message/routes", "/v1.0/account/voice/routes", "/v1.0/subscribers/get", "/v1.0/distributor/subscribers"} {
			c.token(path)
		}
		tour(c)
		if t.Failed() {
			rt.Fatal("an answer is not as described")
		}
	})
}

// TestDescribedExamples answers like the examples that the vendor publishes.
func TestDescribedExamples(t *testing.T) {
	tests := []struct {
		name     string
		spelling string
		want     []string
		not      []string
	}{
		{"current", "current", []string{`"Number":"+18018018011"`, `"TNID":"TNID-`, `"MessageType":"A2P"`, `"Cnam":"Bob's Shake Shack"`,
			`"Iccid":"8901240397190556232F"`, `"AssignedSubscriberId":null`, `"MessageEnabled":true`}, []string{"ProductType", "Tnid"}},
		{"older", "older", []string{`"PhoneNumber":"18018018011"`, `"SmsEnabled":"Yes"`, `"VoiceEnabled":"No"`}, []string{"MessageEnabled", `"Number"`}},
		{"spec", "spec", []string{`"Tnid":"TNID-`, `"MessageType":"a2p"`, `"CnamFirstName":"Bob's"`, `"ProductType":"Sms-Only"`},
			[]string{"AssignedSubscriberId", `"Cnam"`}},
		{"mixed", "no-filler, empty-absent", []string{`"Iccid":"8901240397190556232"`}, []string{"AssignedSubscriberId", "null"}},
		{"empty", "empty-string", []string{`"AssignedSubscriberId":""`}, []string{"null"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spelling, err := sandbox.ParseSpelling(tt.spelling)
			if err != nil {
				t.Fatal(err)
			}
			_, c := newCaller(t, sandbox.Config{Spelling: spelling})
			c.update(`{"Number":"+18018018011","MessageEnabled":true,"VoiceEnabled":false,"MessageType":"a2p","ProductType":"Sms-Only",
				"CnamFirstName":"Bob's","CnamLastName":"Shake Shack","Iccid":"8901240397190556232","AssignedSubscriberId":""}`)
			got := c.get(numberPath, "PhoneNumber", "+18018018011").text
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("%s is not in %s", want, got)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(got, not) {
					t.Errorf("%s is in %s", not, got)
				}
			}
		})
	}
}

// FuzzUpdate: no body brings the sandbox down, and none that it accepts is other than described.
func FuzzUpdate(f *testing.F) {
	f.Add(`{"Number":"+18018018011","MessageType":"a2p","Iccid":"8901240397190556232F"}`)
	f.Add(`{"Number":"+18018018011","VoiceEnabled":null} x`)
	f.Fuzz(func(t *testing.T, body string) {
		s, c := newCaller(t, sandbox.Config{})
		token := c.token(updatePath)
		c.h = apitest.Validate(t, c.h)
		got := c.send("POST", updatePath, token, body)
		if applied := s.Stats().Updates == 1; applied != (got.status == 200) || got.status != 200 && got.status != 400 {
			t.Errorf("%d %s, took effect: %v", got.status, got.text, applied)
		}
	})
}
