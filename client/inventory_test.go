package client_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// page writes records first to last of an inventory.
func page(w http.ResponseWriter, total string, number, first, last int) {
	var records []string
	for i := first; i <= last; i++ {
		records = append(records, fmt.Sprintf(`{"PhoneNumber":"1801801%04d"}`, i))
	}
	fmt.Fprintf(w, `{"AccountId":"AID-1",%s"PageNumber":%d,"Filter":"All","PhoneNumbers":[%s]}`, total, number, strings.Join(records, ","))
}

func TestInventory(t *testing.T) {
	for name, tt := range map[string]struct {
		total  string
		first  int
		ignore bool // the server ignores the page that is asked for
		last   int  // of all records; pages have 3
		asked  []string
		seen   int
	}{
		"to the total":         {`"TotalResults":7,`, 1, false, 7, []string{"1", "2", "3"}, 7},
		"older name":           {`"TotalCount":"6",`, 0, false, 6, []string{"1", "2"}, 6},
		"to an empty page":     {``, 1, false, 6, []string{"1", "2", "3"}, 6},
		"from a later page":    {`"TotalResults":7,`, 2, false, 7, []string{"2", "3", "4"}, 4},
		"page ignored":         {`"TotalResults":7,`, 1, true, 7, []string{"1", "2"}, 3},
		"nothing in it":        {`"TotalResults":0,`, 1, false, 0, []string{"1"}, 0},
		"page ignored, untold": {``, 1, true, 7, []string{"1", "2"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			server := &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
				asked = append(asked, r.FormValue("PageNumber"))
				n, _ := strconv.Atoi(r.FormValue("PageNumber"))
				if tt.ignore {
					n = 1
				}
				page(w, tt.total, n, 3*n-2, min(3*n, tt.last))
			}}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				seen := 0
				for p, err := range newClient(t, cfg).Inventory(t.Context(), tt.first) {
					if err != nil || p.AccountId != "AID-1" {
						t.Fatalf("got %+v, %v", p, err)
					}
					seen += len(p.Numbers)
				}
				if diff := cmp.Diff(tt.asked, asked); diff != "" || seen != tt.seen {
					t.Errorf("saw %d numbers, want %d; asked for pages (-want +got):\n%s", seen, tt.seen, diff)
				}
			})
		})
	}
}

func TestInventoryEndsWithAnError(t *testing.T) {
	for name, second := range map[string]string{
		"no list":    `{"TotalResults":7}`,
		"not a list": `{"TotalResults":7,"PhoneNumbers":{"Number":"+18018018011"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			server := &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
				if r.FormValue("PageNumber") == "1" {
					page(w, `"TotalResults":7,`, 1, 1, 3)
					return
				}
				fmt.Fprint(w, second)
			}}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				var errs []error
				for _, err := range newClient(t, cfg).Inventory(t.Context(), 1) {
					errs = append(errs, err)
				}
				if len(errs) != 2 || errs[0] != nil {
					t.Fatalf("got %v, want a page and an error", errs)
				}
				wantError(t, errs[1], client.KindUntrusted, client.AppliedNo)
			})
		})
	}
}

func TestALargeInventoryPage(t *testing.T) {
	cfg := overSockets(t, &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
		page(w, `"TotalResults":9999,`, 1, 1, 9999) // far beyond the 64 KiB of other answers
	}})
	for p, err := range newClient(t, cfg).Inventory(t.Context(), 1) {
		if err != nil || len(p.Numbers) != 9999 || p.TotalResults != 9999 {
			t.Errorf("got %d numbers of %d, %v", len(p.Numbers), p.TotalResults, err)
		}
	}
}

// A record that names no number is passed over, counted, and keeps no later one from being read.
func TestRecordsThatNameNoNumber(t *testing.T) {
	const numbers, size = 25, 6 // of the last page there is one record only
	for name, every := range map[string]int{"some": 3, "all": 1} {
		for _, spelling := range []sandbox.Spelling{{}, {Empty: sandbox.EmptyString}, {Empty: sandbox.EmptyAbsent}} {
			box, err := sandbox.New(sandbox.Config{
				Numbers: numbers, PageSize: size, Spelling: spelling, Pages: sandbox.Pages{Unnamed: every},
			})
			if err != nil {
				t.Fatal(err)
			}
			inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				cfg.BaseURL = "http://localhost"
				named, unnamed := 0, 0
				for p, err := range newClient(t, cfg).Inventory(t.Context(), 1) {
					if err != nil {
						t.Fatal(err)
					}
					named, unnamed = named+len(p.Numbers), unnamed+p.Unnamed
				}
				want := [2]int{17, 8}
				if every == 1 {
					want = [2]int{0, size} // a page without any number is the last
				}
				if got := [2]int{named, unnamed}; got != want {
					t.Errorf("%s, %+v: %v records with and without a number, want %v", name, spelling, got, want)
				}
			})
		}
	}
}

func TestItemsThatAreNoRecords(t *testing.T) {
	const list = `{"TotalResults":4,"PhoneNumbers":[null,"+18018010001",{"Number":"+18018010002"},["x"]]}`
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) { fmt.Fprint(w, list) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		for p, err := range newClient(t, cfg).Inventory(t.Context(), 1) {
			if err != nil || len(p.Numbers) != 1 || p.Numbers[0].Number != "+18018010002" || p.Unnamed != 3 {
				t.Errorf("got %+v, %v", p, err)
			}
		}
	})
}
