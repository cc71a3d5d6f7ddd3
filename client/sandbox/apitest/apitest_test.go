package apitest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// TestValidatorReports shows that traffic which is not as described is noticed, and other traffic is not.
func TestValidatorReports(t *testing.T) {
	const (
		update = "/v1.0/numbers/update"
		good   = `{"Number":"+18018018011"}`
		answer = `{"Number":"+18018018011","UpdateOrderId":"JNUOID-01234567-89ab-4def-8123-456789abcdef","UpdateOrderDate":"2026-11-23T02:00:00.1234567Z",
			"UpdateOrderStatus":"Complete","MessageEnabled":true,"VoiceEnabled":false}`
	)
	tests := []struct {
		name, method, path, body, answer string
		status                           int
		media                            string
		want                             string // part of the report; empty: none
	}{
		{"as described", "POST", update, good, answer, 200, "application/json", ""},
		{"unknown field accepted", "POST", update, `{"Number":"+18018018011","Foo":1}`, answer, 200, "application/json", "request:"},
		{"unknown field refused", "POST", update, `{"Foo":1}`, `{"StatusCode":400,"Message":"no"}`, 400, "application/json", ""},
		{"bad enumeration accepted", "POST", update, `{"Number":"+18018018011","MessageType":"A2P"}`, answer, 200, "application/json", "request:"},
		{"order id missing", "POST", update, good, `{"Number":"+18018018011"}`, 200, "application/json", "answer:"},
		{"answer is no JSON", "POST", update, good, `junk`, 200, "application/json", "answer:"},
		{"error of neither shape", "POST", update, good, `{"error":"no"}`, 500, "application/json", "answer:"},
		{"problem details", "POST", update, good, `{"Type":"t","Title":"t","Status":429,"TraceId":"t","RetryAfter":"60"}`, 429, "application/problem+json", ""},
		{"a proxy's page", "POST", update, good, `<html>`, 502, "text/html", ""},
		{"unknown path accepted", "GET", "/v1.0/v1.0/numbers", "", `{}`, 200, "application/json", "not described"},
		{"unknown path refused", "GET", "/v1.0/v1.0/numbers", "", `{"StatusCode":404,"Message":"no"}`, 404, "application/json", ""},
		{"unknown path refused oddly", "GET", "/v1.0/v1.0/numbers", "", `{}`, 404, "application/json", "answer:"},
		{"query missing", "GET", "/v1.0/subscribers/get", "", `{"SubscriberId":"TSUID-1"}`, 200, "application/json", "request:"},
		{"camel case", "POST", update, good, lower(answer), 200, "application/json", ""},
		{"some in camel case", "POST", update, good, strings.Replace(answer, "VoiceE", "voiceE", 1), 200, "application/json", "answer:"},
		{"in upper case", "POST", update, good, strings.ToUpper(answer), 200, "application/json", "answer:"},
		{"within Data", "POST", update, good, `{"Successful":true,"Data":` + answer + `}`, 200, "application/json", ""},
		{"within Data, not successful", "POST", update, good, `{"Successful":false,"Data":` + answer + `}`, 200, "application/json", "answer:"},
		{"something else within Data", "POST", update, good, `{"Successful":true,"Data":{"Number":"+18018018011"}}`, 200, "application/json", "answer:"},
		{"JSON as text", "POST", update, good, answer, 200, "text/plain; charset=utf-8", ""},
		{"JSON as another text", "POST", update, good, lower(answer), 200, "text/json", ""},
		{"JSON as what is not described", "POST", update, good, answer, 200, "text/csv", "answer:"},
		{"text that is no JSON", "POST", update, good, "yes", 200, "text/plain", "answer:"},
		{"text that is another JSON", "POST", update, good, `{"Number":"+18018018011"}`, 200, "text/plain", "answer:"},
		{"a refusal as text", "POST", update, good, `{"statusCode":400,"message":"no"}`, 400, "text/plain", ""},
		{"a refusal as text, to no path", "GET", "/v1.0/v1.0/numbers", "", `{"StatusCode":404,"Message":"no"}`, 404, "text/plain", ""},
		{"a text boolean", "GET", "/v1.0/numbers?Number=%2B18018018011", "", `{"Number":18018018011,"MessageEnabled":"true","VoiceEnabled":false}`, 200, "application/json", ""},
		{"no boolean", "GET", "/v1.0/numbers?Number=%2B18018018011", "", `{"Number":18018018011,"MessageEnabled":"perhaps","VoiceEnabled":false}`, 200, "application/json", "answer:"},
		{"older spelling", "GET", "/v1.0/numbers?PhoneNumber=%2B18018018011", "", `{"PhoneNumber":"18018018011","SmsEnabled":"Yes","VoiceEnabled":"No"}`, 200, "application/json", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var reports []string
			v, err := newValidator(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got, _ := io.ReadAll(r.Body); string(got) != tt.body {
					t.Errorf("body %q arrived as %q", tt.body, got)
				}
				w.Header().Set("Content-Type", tt.media)
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.answer)
			}))
			if err != nil {
				t.Fatal(err)
			}
			v.report = func(format string, args ...any) { reports = append(reports, fmt.Sprintf(format, args...)) }
			r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer t")
			w := httptest.NewRecorder()
			v.ServeHTTP(w, r)
			if w.Code != tt.status || w.Body.String() != tt.answer {
				t.Errorf("passed on: %d %s", w.Code, w.Body)
			}
			got := strings.Join(reports, "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) || len(reports) > 1 {
				t.Errorf("reported %q, want %q", got, tt.want)
			}
		})
	}
}

// lower begins all names of members in lower case.
func lower(object string) string {
	return regexp.MustCompile(`"[A-Za-z]+":`).ReplaceAllStringFunc(object, func(name string) string {
		return name[:1] + strings.ToLower(name[1:2]) + name[2:]
	})
}

func TestTokenIsRequired(t *testing.T) {
	var reported bool
	v, err := newValidator(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"Number":"+18018018011","MessageEnabled":true,"VoiceEnabled":true}`)
	}))
	if err != nil {
		t.Fatal(err)
	}
	v.report = func(string, ...any) { reported = true }
	v.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1.0/numbers?PhoneNumber=%2B18018018011", http.NoBody))
	if !reported {
		t.Error("an accepted request without token is not reported")
	}
}
