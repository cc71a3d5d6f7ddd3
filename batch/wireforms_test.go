package batch_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Whatever form of the API's pages a server speaks, each row arrives, is recognised as what it is, and is no difference
// afterwards.
func TestEveryDocumentedFormIsUnderstood(t *testing.T) {
	testextent.Variant(t)
	const rows = 7 // three pages of the inventory
	tests := []struct {
		says     string // what the API's pages have
		spelling string
		fake     sandbox.Config
		url      string
		size     int  // of pages that is asked for, as a check has found it; 0: none is
		listed   bool // it is about the inventory
		routes   bool // the routes are read one by one
	}{
		{says: "the current example", spelling: "current"},
		{says: "the older pages: PhoneNumber, no +, Yes and No, TotalCount, SID-", spelling: "older"},
		{says: "the update page's answer, of readings too", spelling: "spec"},
		{says: "PhoneNumber for Number", spelling: "phone-number"},
		{says: "numbers without +", spelling: "no-plus"},
		{says: "SmsEnabled as Yes or No", spelling: "yes-no"},
		{says: "TotalCount for TotalResults", spelling: "total-count", listed: true},
		{says: "Tnid for TNID", spelling: "tnid"},
		{says: "a2p in lower case", spelling: "lower-case"},
		{says: "two names for Cnam", spelling: "two-names"},
		{says: "ProductType in readings", spelling: "product-type"},
		{says: "ProductType in the inventory only", spelling: "listed-only", listed: true},
		{says: "ICCIDs without filler", spelling: "no-filler"},
		{says: "no AssignedSubscriberId", spelling: "no-subscriber"},
		{says: "SID- for TSUID-", spelling: "old-prefixes"},
		{says: "Successful in answers", spelling: "successful"},
		{says: "Successful, and what is answered in Data", spelling: "data"},
		{says: "all of the current pages in Data, in camel case, as text", spelling: "data,camel-case,text-flags,plain-text,successful,expires-in"},
		{says: "\"\" for what is not set", spelling: "empty-string"},
		{says: "nothing for what is not set", spelling: "empty-absent"},
		{says: "one of two parameters", spelling: "query-one"},
		{says: "the parameter Number", spelling: "query-number"},
		{says: "the parameter PhoneNumber", spelling: "query-phone-number"},
		{says: "Number as another filter", spelling: "query-nothing"},
		{says: "MessageRouteID and CallRouteId for one route", spelling: "query-routes", routes: true},
		{says: "IOT for IoT", spelling: "iot-upper"},
		{says: "a token for another endpoint is a 403", spelling: "scope-403"},
		{says: "JSON as text/plain", spelling: "plain-text"},
		{says: "JSON as text/json", spelling: "text-json"},
		{says: "members in camel case", spelling: "camel-case"},
		{says: "members in Pascal case, of tokens too", spelling: "pascal-case"},
		{says: "\"true\" in one record and true in the next", spelling: "text-flags"},
		{says: "numbers as JSON numbers", spelling: "bare-numbers,no-plus"},
		{says: "ExpiresIn and TokenType", spelling: "expires-in"},
		{says: "all of the older pages at once", spelling: "older,plain-text,camel-case,text-flags,bare-numbers,expires-in,empty-absent,iot-upper"},
		{says: "errors as problem details", spelling: "current", fake: sandbox.Config{Errors: sandbox.ErrorsProblem}},
		{says: "errors as problem details in text/plain, in camel case", spelling: "plain-text,camel-case", fake: sandbox.Config{Errors: sandbox.ErrorsProblem}},
		{says: "a 429 with Retry-After in seconds", spelling: "current", fake: often(sandbox.RetrySeconds)},
		{says: "a 429 with Retry-After as a date", spelling: "current", fake: often(sandbox.RetryDate)},
		{says: "a 429 with RetryAfter in its body", spelling: "current", fake: often(sandbox.RetryBody)},
		{says: "a 429 without either", spelling: "current", fake: often(sandbox.RetryNone)},
		{says: "a proxy's HTML, and nothing at all", spelling: "current", fake: sandbox.Config{
			Faults: sandbox.Faults{At: map[int]sandbox.Fault{2: sandbox.Fault502, 4: sandbox.FaultHTML, 6: sandbox.FaultEmpty}},
		}},
		{says: "a route needed with its capability", spelling: "current", fake: sandbox.Config{RequireCompanions: true}},
		{says: "tokens of three minutes", spelling: "current", fake: sandbox.Config{TokenLife: 3 * time.Minute}},
		{says: "tokens of three minutes, by ExpiresIn", spelling: "expires-in,pascal-case", fake: sandbox.Config{TokenLife: 3 * time.Minute}},
		{says: "tokens without an expiry", spelling: "current", fake: sandbox.Config{TokenLife: 3 * time.Minute, ExpiryLayout: "none"}},
		{says: "pages without a total", spelling: "current", fake: sandbox.Config{Pages: sandbox.Pages{NoTotal: true}}, listed: true},
		{says: "every page is the first", spelling: "current", fake: sandbox.Config{Pages: sandbox.Pages{Ignore: true}}, listed: true},
		{says: "another page parameter", spelling: "current", fake: sandbox.Config{Pages: sandbox.Pages{Parameter: "Page"}}, listed: true},
		{says: "TotalNumbersRequested as the size of a page", spelling: "current", fake: sandbox.Config{Pages: sandbox.Pages{Requested: sandbox.RequestedSize}}, listed: true, size: 5},
		{says: "TotalNumbersRequested as a cap", spelling: "current", fake: sandbox.Config{Pages: sandbox.Pages{Requested: sandbox.RequestedCap}}, listed: true, size: 5},
		{says: "TotalNumbersRequested as a cap, of older pages", spelling: "older", fake: sandbox.Config{Pages: sandbox.Pages{Requested: sandbox.RequestedCapRecords}}, listed: true, size: 5},
		{says: "TotalNumbersRequested as the size of the first page only", spelling: "current", fake: sandbox.Config{Pages: sandbox.Pages{Requested: sandbox.RequestedFirstPage}}, listed: true, size: 5},
		{says: "TotalNumbersRequested as a size, and the first page again and again", spelling: "current", fake: sandbox.Config{Pages: sandbox.Pages{Requested: sandbox.RequestedRepeated}}, listed: true, size: 5},
		{says: "TotalNumbersRequested as a size of the first listing only", spelling: "current", fake: sandbox.Config{Pages: sandbox.Pages{Requested: sandbox.RequestedFirstListing}}, listed: true, size: 5},
		{says: "TotalNumbersRequested without effect", spelling: "current", listed: true, size: 5},
		{says: "TotalNumbersRequested refused", spelling: "current", fake: sandbox.Config{Pages: sandbox.Pages{Requested: sandbox.RequestedRefused}}, listed: true, size: 5},
		{says: "a base that ends in /v1.0", spelling: "current", url: "http://localhost/v1.0"},
		{says: "a base that ends in /v1.0/", spelling: "current", url: "http://localhost/v1.0/"},
	}
	for _, test := range tests {
		mixed := false // with other differences, in another test
		for _, other := range tests {
			mixed = mixed || other.listed == test.listed && isMixedInto(t, test.spelling, other.spelling)
		}
		for _, read := range []plan.ReadWay{plan.ReadInventory, plan.ReadEach} {
			t.Run(test.says+"/"+string(read), func(t *testing.T) {
				single := strings.HasPrefix(test.says, "TotalNumbersRequested") && test.size > 0 || strings.HasPrefix(test.says, "a 429") // have tests of their own
				if mixed || single || (read == plan.ReadInventory) != test.listed {
					testextent.Variant(t)
				}
				synctest.Test(t, func(t *testing.T) {
					fake := test.fake
					spelling, err := sandbox.ParseSpelling(test.spelling)
					if err != nil {
						t.Fatal(err)
					}
					fake.Spelling, fake.Numbers, fake.PageSize, fake.OnlyInventory = spelling, rows, 3, true
					b := planned(newBench(t, fake, ""))
					if test.url != "" {
						b.client.BaseURL = test.url
					}
					b.config.Read, b.config.CheckRoutes = read, test.routes
					b.pagesOf(test.size)
					var text strings.Builder
					text.WriteString("Number,MessageEnabled,VoiceEnabled,MessageType,Classification,MessageRouteId,VoiceRouteId,AssignedSubscriberId,Iccid,CnamFirstName,CnamLastName,ProductType\n")
					for i := range rows {
						text.WriteString(b.inventory(i) + ",true,false,p2p,IoT,MRID-1,CRID-1,TSUID-1,89012403971905562" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + ",Bob's,Shack,Sms+Data\n")
					}
					if spelling.OldPrefixes {
						older := strings.ReplaceAll(text.String(), "TSUID-", "SID-")
						text.Reset()
						text.WriteString(older)
					}
					for i := range rows { // what is so already is recognised, but for what is not shown
						b.setAll(i, "MRID-1", text.String())
					}
					b.again(text.String())
					found, err := b.dryRun()
					if err != nil {
						t.Fatal(err)
					}
					for field, n := range found.Plan.Fields {
						if !hides(spelling, read, field) {
							t.Errorf("%d rows would change %s", n, field)
						}
					}
					for i := range rows {
						b.setAll(i, "MRID-0", text.String())
					}
					b.again(text.String())
					run, results, err := b.apply()
					if err != nil || run.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, run.Stop)
					}
					wantCounts(t, results, map[result.Status]int{result.Updated: rows})
					for i := range rows {
						record, _ := b.fake.Number(b.inventory(i))
						if record.MessageRouteId != "MRID-1" || record.Classification != "IoT" || record.CnamLastName != "Shack" || record.ProductType != "Sms+Data" {
							t.Fatalf("the number is %+v", record)
						}
					}
					b.again(text.String())
					run, results, err = b.apply()
					if err != nil || run.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, run.Stop)
					}
					if n := counts(results)[result.Unchanged]; n != rows {
						t.Errorf("%d rows are unchanged the next night, %v: %+v", n, counts(results), results[0])
					}
				})
			})
		}
	}
}

// isMixedInto reports whether a spelling of several differences has a single one among them.
func isMixedInto(t *testing.T, single, several string) bool {
	t.Helper()
	if single == several || strings.Contains(single, ",") {
		return false
	}
	without, err := sandbox.ParseSpelling(several)
	if err != nil {
		t.Fatal(err)
	}
	with, err := sandbox.ParseSpelling(several + "," + single)
	if err != nil {
		t.Fatal(err)
	}
	return with == without
}

// hides reports whether a server does not tell a field, or not in that way of reading.
func hides(s sandbox.Spelling, read plan.ReadWay, field string) bool {
	switch field {
	case "ProductType":
		return !s.ProductType && !(s.Listed && read == plan.ReadInventory)
	case "AssignedSubscriberId":
		return s.NoSubscriber
	default:
		return false
	}
}

// setAll gives the i-th number of the inventory all that its row of a file asks for, but for its route.
func (b *bench) setAll(i int, route, rows string) {
	b.t.Helper()
	lines := strings.Split(rows, "\n")
	names, cells := strings.Split(lines[0], ","), strings.Split(lines[i+1], ",")
	err := b.fake.Set(b.inventory(i), func(r *sandbox.Record) {
		*r = r.With(func(name string) string { return cells[slices.Index(names, name)] })
		r.MessageRouteId = route
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// An order is complete by two words only; an unknown one is never a success.
func TestEveryDocumentedOrderWord(t *testing.T) {
	testextent.Variant(t)
	for word, want := range map[string]result.Status{
		"Complete": result.Updated, "Completed": result.Updated, "complete": result.Updated,
		"Submitted": result.Pending, "Pending": result.Pending, "Processing": result.Pending, "InProgress": result.Pending,
		"Scheduled": result.Pending, "Pending Carrier Approval": result.Pending,
		"Failed": result.Failed, "Error": result.Failed, "Rejected": result.Failed, "Cancelled": result.Failed,
		"ResolutionRequired": result.Pending, "Ready": result.Pending, "Successful": result.Pending, "Done": result.Pending,
	} {
		for _, at := range []string{"at once", "in the end"} {
			t.Run(word+" "+at, func(t *testing.T) {
				main := []string{"Complete", "Pending", "Failed", "ResolutionRequired", "Done"}
				if !slices.Contains(main, word) || at == "in the end" && word != "Complete" && word != "Failed" {
					testextent.Variant(t)
				}
				synctest.Test(t, func(t *testing.T) {
					fake := sandbox.Config{Judge: func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: word} }}
					if at == "in the end" {
						fake.Orders = sandbox.Orders{PendingFor: time.Minute, End: word}
						fake.Judge = func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: "Pending"} }
					}
					b := planned(newBench(t, fake, rows(1)))
					b.config.MaxFailures, b.config.Read = plan.Limit{Share: 1}, plan.ReadEach
					if at == "in the end" {
						b.config.WaitFor = 5 * time.Minute
					} else {
						b.config.LeavePending = true
					}
					_, results, err := b.apply()
					if err != nil || results[0].Status != want || results[0].UpdateOrderStatus != word {
						t.Errorf("row %+v, %v, want %s", results[0], err, want)
					}
				})
			})
		}
	}
}

// A 200 that says successful:false is no success, in any case and of each endpoint.
func TestARefusalAsA200IsNoSuccess(t *testing.T) {
	for _, path := range []string{"/oauth2/tokens", "/numbers", "/numbers/inventory", "/numbers/order", "/numbers/update"} {
		for _, member := range []string{`"successful":false`, `"Successful":false`, `"Successful":"false"`} {
			t.Run(path+" "+member, func(t *testing.T) {
				if member != `"successful":false` {
					testextent.Variant(t)
				}
				synctest.Test(t, func(t *testing.T) {
					record := `"Number":"` + number(0) + `","MessageRouteId":"MRID-1","MessageEnabled":true,"VoiceEnabled":false`
					fake := sandbox.Config{Answer: func(r *http.Request) http.Handler {
						if r.URL.Path != "/v1.0"+path {
							return nil
						}
						return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							_, _ = w.Write([]byte(`{` + member + `,"Error":"no","token":"t","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete",` +
								`"OrderId":"` + r.FormValue("OrderId") + `","OrderStatus":"Complete","TotalResults":1,"PageNumber":1,` +
								`"PhoneNumbers":[{` + record + `}],` + record + `}`))
						})
					}}
					if path == "/numbers/order" {
						fake.Judge = func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: "Pending"} }
						fake.Orders.End = "Failed"
					}
					b := planned(newBench(t, fake, "Number,MessageRouteId\n"+number(0)+",MRID-1\n"))
					b.config.Read, b.config.MaxFailures, b.config.WaitFor = plan.ReadEach, plan.Limit{Share: 1}, time.Minute
					if path == "/numbers/inventory" {
						b.config.Read = plan.ReadInventory
					}
					b.client.MaxAttempts, b.client.OutageWait = 1, time.Minute
					_, results, err := b.apply()
					believed := []result.Status{result.Unchanged, result.Updated}
					switch path {
					case "/numbers/inventory": // the number is asked for by itself
						believed = []result.Status{result.Unchanged}
					case "/numbers/update":
						believed = append(believed, result.Pending)
					}
					if err != nil || slices.Contains(believed, results[0].Status) {
						t.Errorf("row %+v, %v", results[0], err)
					}
				})
			})
		}
	}
}

// often is a server that throttles every other request, and tells in a way how long to wait.
func often(told sandbox.RetryAfter) sandbox.Config {
	return sandbox.Config{Quota: sandbox.Quota{N: 1, Per: 2 * time.Second, RetryAfter: told}}
}
