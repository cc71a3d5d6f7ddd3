package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/client/sandbox"
)

// TestStrictUpdates sends one mistake each; the update must be refused, name the field, and change nothing.
func TestStrictUpdates(t *testing.T) {
	const n = `"Number":"+18018018011"`
	tests := []struct {
		name, body string
		field      string // named in the refusal
	}{
		{"empty body", ``, "JSON"},
		{"no object", `[1]`, "JSON"},
		{"null", `null`, "JSON"},
		{"cut off", `{` + n + `,"MessageEn`, "JSON"},
		{"no closing brace", `{` + n, "JSON"},
		{"trailing text", `{` + n + `} x`, "JSON"},
		{"second object", `{` + n + `}{}`, "JSON"},
		{"not UTF-8", `{` + n + `,"CnamLastName":"` + "\xff" + `"}`, "UTF-8"},
		{"no number", `{"MessageEnabled":true}`, "$.Number"},
		{"field twice", `{` + n + `,"VoiceEnabled":true,"VoiceEnabled":true}`, "$.VoiceEnabled"},
		{"unknown field", `{` + n + `,"Foo":"x"}`, "$.Foo"},
		{"field in other case", `{` + n + `,"messageType":"p2p"}`, "$.messageType"},
		{"unknown field null", `{` + n + `,"If":null}`, "$.If"},
		{"null text", `{` + n + `,"MessageRouteId":null}`, "$.MessageRouteId"},
		{"null boolean", `{` + n + `,"VoiceEnabled":null}`, "$.VoiceEnabled"},
		{"number for a string", `{` + n + `,"Iccid":8901240397190556232}`, "$.Iccid"},
		{"string for a boolean", `{` + n + `,"MessageEnabled":"true"}`, "$.MessageEnabled"},
		{"boolean for a string", `{` + n + `,"CnamLastName":true}`, "$.CnamLastName"},
		{"object for a string", `{` + n + `,"CnamLastName":{"a":1}}`, "$.CnamLastName"},
		{"number without plus", `{"Number":"18018018011"}`, "$.Number"},
		{"number too short", `{"Number":"+1801801801"}`, "$.Number"},
		{"number too long", `{"Number":"+1234567890123456"}`, "$.Number"},
		{"number with spaces", `{"Number":"+1 801 801 8011"}`, "$.Number"},
		{"number from zero", `{"Number":"+0801801801"}`, "$.Number"},
		{"number with a line end", `{"Number":"+18018018011\n"}`, "$.Number"},
		{"message type in upper case", `{` + n + `,"MessageType":"A2P"}`, "$.MessageType"},
		{"message type empty", `{` + n + `,"MessageType":""}`, "$.MessageType"},
		{"classification in other case", `{` + n + `,"Classification":"IOT"}`, "$.Classification"},
		{"product type", `{` + n + `,"ProductType":"sms-only"}`, "$.ProductType"},
		{"voice route in message route", `{` + n + `,"MessageRouteId":"CRID-1"}`, "$.MessageRouteId"},
		{"message route in voice route", `{` + n + `,"VoiceRouteId":"MRID-1"}`, "$.VoiceRouteId"},
		{"number id as subscriber", `{` + n + `,"AssignedSubscriberId":"TNID-1"}`, "$.AssignedSubscriberId"},
		{"order id as route", `{` + n + `,"MessageRouteId":"JNUOID-1"}`, "$.MessageRouteId"},
		{"iccid too short", `{` + n + `,"Iccid":"890124039719055"}`, "$.Iccid"},
		{"iccid with letters", `{` + n + `,"Iccid":"8901240397190556E32"}`, "$.Iccid"},
		{"control character", `{` + n + `,"CnamLastName":"a\tb"}`, "$.CnamLastName"},
		{"IoT with a2p", `{` + n + `,"Classification":"IoT","MessageType":"a2p"}`, "IoT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newCaller(t, sandbox.Config{Errors: sandbox.ErrorsProblem})
			before, _ := s.Number("+18018018011")
			got := c.send("POST", updatePath, c.token(updatePath), tt.body)
			want := 400
			if tt.field == "IoT" {
				want = 422
			}
			if tt.body == "" { // then send leaves out the Content-Type, too
				tt.field = "Content-Type"
			}
			if got.status != want || !strings.Contains(got.text, tt.field) {
				t.Errorf("%d %s, want %d naming %s", got.status, got.text, want, tt.field)
			}
			after, _ := s.Number("+18018018011")
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the refused update took effect (-before +after):\n%s", diff)
			}
			if n := s.Stats().Updates; n != 0 {
				t.Errorf("%d updates counted", n)
			}
		})
	}
}

// TestAcceptedUpdates sends what must not be refused.
func TestAcceptedUpdates(t *testing.T) {
	for _, fields := range []string{
		``,
		`,"MessageRouteId":""`,
		`,"MessageRouteId":"T9992774"`,
		`,"VoiceRouteId":"LEGACY-7"`,
		`,"AssignedSubscriberId":"SID-1"`,
		`,"Iccid":"8901240397190557414F"`,
		`,"Iccid":""`,
		`,"CnamLastName":"Ünal & Söhne"`,
		`,"CnamFirstName":"SID-Ahmed"`,
		`,"MessageType":"p2p","Classification":"IoT"`,
	} {
		_, c := newCaller(t, sandbox.Config{})
		if got := c.update(`{"Number":"+18018018011"` + fields + `}`); got.status != 200 {
			t.Errorf("%s: %d %s", fields, got.status, got.text)
		}
	}
}

// TestIoTIsJudgedOnTheResult refuses an update that is right by itself and wrong on the number as it is.
func TestIoTIsJudgedOnTheResult(t *testing.T) {
	for shape, want := range map[sandbox.ErrorShape]int{sandbox.ErrorsSpec: 400, sandbox.ErrorsProblem: 422} {
		s, c := newCaller(t, sandbox.Config{Errors: shape})
		if got := c.update(`{"Number":"+18018018011","Classification":"IoT"}`); got.status != 200 {
			t.Fatalf("to IoT: %d %s", got.status, got.text)
		}
		if got := c.update(`{"Number":"+18018018011","MessageType":"a2p"}`); got.status != want {
			t.Errorf("%s: a2p on an IoT number: %d, want %d", shape, got.status, want)
		}
		if got := c.update(`{"Number":"+18018018011","MessageType":"a2p","Classification":"MVNO"}`); got.status != 200 {
			t.Errorf("both at once: %d %s", got.status, got.text)
		}
		if rec, _ := s.Number("+18018018011"); rec.Classification != "MVNO" || rec.MessageType != "a2p" {
			t.Errorf("truth: %+v", rec)
		}
	}
}

// TestStrictRequests covers what is wrong around the body.
func TestStrictRequests(t *testing.T) {
	const good = `{"Number":"+18018018011"}`
	tests := []struct {
		name, method, target, media, body string
		want                              int
	}{
		{"update with GET", "GET", updatePath, "", "", 405},
		{"update with PUT", "PUT", updatePath, "application/json", good, 405},
		{"number with POST", "POST", numberPath + "?PhoneNumber=%2B18018018011", "application/json", "{}", 405},
		{"tokens with GET", "GET", tokensPath, "", "", 405},
		{"base joined twice", "POST", "/v1.0/v1.0/numbers/update", "application/json", good, 404},
		{"trailing slash", "POST", updatePath + "/", "application/json", good, 404},
		{"no content type", "POST", updatePath, "", good, 400},
		{"form", "POST", updatePath, "application/x-www-form-urlencoded", good, 400},
		{"with charset", "POST", updatePath, "application/json; charset=utf-8", good, 200},
		{"too large", "POST", updatePath, "application/json", `{"Number":"+18018018011","CnamLastName":"` + strings.Repeat("a", 70_000) + `"}`, 400},
		{"plus not escaped", "GET", numberPath + "?PhoneNumber=+18018018011", "", "", 400},
		{"no plus", "GET", numberPath + "?PhoneNumber=18018018011", "", "", 400},
		{"escaped", "GET", numberPath + "?PhoneNumber=%2B18018018011", "", "", 200},
		{"GET with body", "GET", numberPath + "?PhoneNumber=%2B18018018011", "application/json", "{}", 400},
		{"no parameter", "GET", numberPath, "", "", 400},
		{"unknown parameter", "GET", numberPath + "?PhoneNumber=%2B18018018011&x=1", "", "", 400},
		{"parameter twice", "GET", numberPath + "?PhoneNumber=%2B18018018011&PhoneNumber=%2B18018018011", "", "", 400},
		{"malformed query", "GET", numberPath + "?PhoneNumber=%zz", "", "", 400},
		{"no filter", "GET", inventoryPath, "", "", 400},
		{"unknown filter", "GET", inventoryPath + "?Filter=all", "", "", 400},
		{"page zero", "GET", inventoryPath + "?Filter=All&PageNumber=0", "", "", 400},
		{"page is no number", "GET", inventoryPath + "?Filter=All&PageNumber=x", "", "", 400},
		{"page far beyond", "GET", inventoryPath + "?Filter=All&PageNumber=9223372036854775807", "", "", 200},
		{"unknown order", "GET", orderPath + "?OrderId=JNUOID-0", "", "", 404},
		{"short order", "GET", orderPath + "?OrderId=x", "", "", 404},
		{"voice route as message route", "GET", "/v1.0/message/routes?MessageRouteId=CRID-1", "", "", 400},
		{"voice route's parameter", "GET", "/v1.0/voice/routes?CallRouteId=CRID-1", "", "", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newCaller(t, sandbox.Config{})
			r := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
			if tt.body == "" {
				r.Body = http.NoBody
			}
			r.Header.Set("Content-Type", tt.media)
			if path := r.URL.Path; path != tokensPath && tt.want != 404 || path == orderPath {
				r.Header.Set("Authorization", "Bearer "+c.token(path))
			}
			got := c.do(r)
			if got.status != tt.want {
				t.Errorf("%d %s, want %d", got.status, got.text, tt.want)
			}
			if got.status == 405 && got.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
		})
	}
}

func TestSeveralMistakesAtOnce(t *testing.T) {
	const body = `{"Number":"x","MessageType":"A2P","VoiceEnabled":1}`
	_, problem := newCaller(t, sandbox.Config{Errors: sandbox.ErrorsProblem})
	fields, _ := problem.update(body).fields["Errors"].(map[string]any)
	_, spec := newCaller(t, sandbox.Config{})
	message, _ := spec.update(body).fields["Message"].(string)
	for _, want := range []string{"$.Number", "$.MessageType", "$.VoiceEnabled"} {
		if fields[want] == nil {
			t.Errorf("%s is not among %v", want, fields)
		}
		if !strings.Contains(message, want) {
			t.Errorf("%s is not in %q", want, message)
		}
	}
}

// Routes are listed with the names that they were given, and those that numbers were moved to are among them; what is
// missing is not.
func TestListedRoutes(t *testing.T) {
	_, c := newCaller(t, sandbox.Config{
		RouteNames: map[string]string{"MRID-1": "EU SMS hub", "CRID-1": "Old hub"}, DisabledRoutes: []string{"MRID-off"}, MissingRoutes: []string{"MRID-gone"},
	})
	c.update(`{"Number":"+18018018011","MessageRouteId":"MRID-used"}`)
	c.update(`{"Number":"+18018018012","MessageRouteId":"MRID-gone"}`)
	message, voice := c.get("/v1.0/account/message/routes").text, c.get("/v1.0/account/voice/routes").text
	for text, in := range map[string]string{
		`"MessageRouteId":"MRID-1","RouteName":"EU SMS hub"`: message, `"MRID-used"`: message, `"TotalRoutes":7`: message,
		`"CallRouteId":"CRID-1","RouteName":"Old hub"`: voice, `"T9992778"`: voice, `"TotalRoutes":10`: voice, `"RouteEnabled":true`: voice,
	} {
		if !strings.Contains(in, text) {
			t.Errorf("%s is not in %s", text, in)
		}
	}
	if strings.Contains(message, "MRID-gone") || strings.Contains(message, "CRID-1") || strings.Contains(voice, "MRID-1") {
		t.Errorf("%s\n%s", message, voice)
	}
	if got := c.get("/v1.0/message/routes", "MessageRouteId", "MRID-1").fields["RouteName"]; got != "EU SMS hub" {
		t.Errorf("its name alone is %v", got)
	}
}
