package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

const (
	updatePath    = "/v1.0/numbers/update"
	numberPath    = "/v1.0/numbers"
	inventoryPath = "/v1.0/numbers/inventory"
	orderPath     = "/v1.0/numbers/order"
	tokensPath    = "/v1.0/oauth2/tokens"
)

// reply is an answer as a caller sees it.
type reply struct {
	status int
	header http.Header
	text   string
	fields map[string]any
}

// member is a member of the answer, or of its Data, whatever its name begins with.
func (r reply) member(name string) any {
	fields := r.fields
	for _, data := range []string{"Data", "data"} {
		if within, ok := fields[data].(map[string]any); ok {
			fields = within
		}
	}
	for known, value := range fields {
		if strings.EqualFold(known, name) {
			return value
		}
	}
	return nil
}

// caller speaks to a sandbox in process, with tokens that it fetches when it needs them.
type caller struct {
	t      testing.TB
	h      http.Handler
	tokens map[string]string
}

func newCaller(t testing.TB, cfg sandbox.Config) (*sandbox.Sandbox, *caller) {
	t.Helper()
	s, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, &caller{t: t, h: s, tokens: map[string]string{}}
}

// send sends one request as it is.
func (c *caller) send(method, target, token, body string) reply {
	c.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return c.do(r)
}

func (c *caller) do(r *http.Request) reply {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		c.t.Fatal(err)
	}
	got := reply{status: w.Code, header: w.Header(), text: string(text)}
	if kind := w.Header().Get("Content-Type"); strings.Contains(kind, "json") || strings.HasPrefix(kind, "text/plain") && strings.HasPrefix(got.text, "{") {
		if err := json.Unmarshal(text, &got.fields); err != nil {
			c.t.Fatalf("%s %s: %v in %s", r.Method, r.URL, err, text)
		}
	}
	return got
}

// token returns a token for a path.
func (c *caller) token(path string) string {
	c.t.Helper()
	if c.tokens[path] == "" {
		got := c.send("POST", tokensPath, "", `{"AccountKey":"DID-1","AccountSecret":"s","ApiEndpoint":"https://api.telegent.com`+path+`"}`)
		if got.status != 200 {
			c.t.Fatalf("token for %s: %d %s", path, got.status, got.text)
		}
		c.tokens[path] = got.member("token").(string)
	}
	return c.tokens[path]
}

func (c *caller) update(body string) reply {
	c.t.Helper()
	return c.send("POST", updatePath, c.token(updatePath), body)
}

// get reads an endpoint with one or more parameters, given as name, value.
func (c *caller) get(path string, parameters ...string) reply {
	c.t.Helper()
	query := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	return c.send("GET", path+"?"+query.Encode(), c.token(path), "")
}

func TestUpdateIsReadBack(t *testing.T) {
	s, c := newCaller(t, sandbox.Config{})
	got := c.update(`{"Number":"+18018018011","MessageRouteId":"MRID-b","VoiceEnabled":false,"CnamFirstName":"Bob's","CnamLastName":"Shake Shack","Iccid":"8901240397190556232"}`)
	if got.status != 200 || got.fields["UpdateOrderStatus"] != "Complete" || got.fields["Number"] != "+18018018011" {
		t.Fatalf("update: %d %s", got.status, got.text)
	}
	if got.fields["Iccid"] != "8901240397190556232F" {
		t.Errorf("echoed Iccid %v, want the filler", got.fields["Iccid"])
	}
	read := c.get(numberPath, "PhoneNumber", "+18018018011")
	if read.fields["MessageRouteId"] != "MRID-b" || read.fields["VoiceEnabled"] != false || read.fields["Cnam"] != "Bob's Shake Shack" {
		t.Errorf("read back: %s", read.text)
	}
	order := c.get(orderPath, "OrderId", got.fields["UpdateOrderId"].(string))
	if order.status != 200 || order.fields["OrderStatus"] != "Complete" || !strings.Contains(order.text, "+18018018011") {
		t.Errorf("order: %d %s", order.status, order.text)
	}
	bought := c.get(orderPath, "OrderId", read.fields["OrderId"].(string))
	if bought.status != 200 || !strings.Contains(bought.text, "+18018018011") {
		t.Errorf("purchase order: %d %s", bought.status, bought.text)
	}
	forged := "TNOID-00000000" + read.fields["OrderId"].(string)[len("TNOID-00000000"):]
	if got := c.get(orderPath, "OrderId", forged); got.status != 404 {
		t.Errorf("an order that never was: %d %s", got.status, got.text)
	}
	if rec, ok := s.Number("+18018018011"); !ok || rec.MessageRouteId != "MRID-b" {
		t.Errorf("truth: %+v %v", rec, ok)
	}
}
