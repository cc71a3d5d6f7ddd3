package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/bulknum/bulknum/client/sandbox"
)

// A number is changed by another user, and a request without a token is counted.
func Example() {
	box, err := sandbox.New(sandbox.Config{Numbers: 300, OnlyInventory: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	number, _ := box.InventoryNumber(0)
	if err := box.Set(number, func(r *sandbox.Record) { r.MessageRouteId = "MRID-other" }); err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodPost, "/v1.0/numbers/update", strings.NewReader(`{}`))
	w := httptest.NewRecorder()
	box.ServeHTTP(w, r)

	rec, _ := box.Number(number)
	stats := box.Stats()
	fmt.Println(rec.MessageRouteId)
	fmt.Println(w.Code, w.Body)
	fmt.Println(stats.Requests, "request,", stats.WithoutToken, "without token")
	// Output:
	// MRID-other
	// 401 {"StatusCode":401,"Message":"no token"}
	// 1 request, 1 without token
}

func ExampleParseFaults() {
	faults, err := sandbox.ParseFaults("429=2%,503@9,slow-for=3s")
	fmt.Println(faults, err)
	_, err = sandbox.ParseFaults("503=2")
	fmt.Println(err)
	// Output:
	// 429=0.02,503@9,slow-for=3s <nil>
	// faults: "503=2": 503=2: want a probability from 0 to 1
}
