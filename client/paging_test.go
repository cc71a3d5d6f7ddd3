package client_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/paging"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// readSized reads a whole inventory in pages of a size, and returns how many distinct numbers came, the last total, and
// what was told of the end of the size.
func readSized(t *testing.T, r *client.Reader, size int) (distinct, total int, ends []client.PagingEnd) {
	t.Helper()
	seen := map[string]bool{}
	sized := client.NewPaging(size, func(e client.PagingEnd) { ends = append(ends, e) })
	for p, err := range r.WithPaging(sized).Inventory(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.Numbers {
			seen[n.Number] = true
		}
		total = p.TotalResults
		if want := sized.Size(); p.Requested != want {
			t.Errorf("page %d was asked to have %d, the size is %d", p.PageNumber, p.Requested, want)
		}
	}
	return len(seen), total, ends
}

// Whatever a server makes of the size that is asked for, all numbers come; and where it makes of it something else than
// the size of a page, that is told once, and nothing is asked for any more.
func TestPagesOfASize(t *testing.T) {
	const numbers, own = 250, 20
	for name, test := range map[string]struct {
		pages    sandbox.Pages
		size     int
		requests int
		ends     string // part of the reason; "": it is honoured to the end
	}{
		"none asked for":        {sandbox.Pages{Requested: sandbox.RequestedSize}, 0, 13, ""},
		"honoured":              {sandbox.Pages{Requested: sandbox.RequestedSize}, 100, 3, ""},
		"honoured, last full":   {sandbox.Pages{Requested: sandbox.RequestedSize}, 125, 2, ""},
		"with unnamed records":  {sandbox.Pages{Requested: sandbox.RequestedSize, Unnamed: 60}, 100, 3, ""},
		"a smaller page":        {sandbox.Pages{Requested: sandbox.RequestedSize, Most: 50}, 100, 14, "page 1 has 50 numbers where 100 were asked for, of 250 in all"},
		"ignored":               {sandbox.Pages{}, 100, 14, "page 1 has 20 numbers where 100 were asked for"},
		"refused":               {sandbox.Pages{Requested: sandbox.RequestedRefused}, 100, 14, "TotalNumbersRequested: is not a parameter"},
		"a cap":                 {sandbox.Pages{Requested: sandbox.RequestedCap}, 100, 14, "page 1 tells a total of 100, which one page of 100 has"},
		"a cap of records":      {sandbox.Pages{Requested: sandbox.RequestedCapRecords}, 100, 15, "page 2 has 0 numbers where 100 were asked for, of 250 in all"},
		"of page 1 only":        {sandbox.Pages{Requested: sandbox.RequestedFirstPage}, 100, 15, "page 2 has 20 numbers where 100 were asked for"},
		"of page 1, to the end": {sandbox.Pages{Requested: sandbox.RequestedFirstPage}, 230, 15, "page 2 has no other numbers than those before it"},
		"no total":              {sandbox.Pages{Requested: sandbox.RequestedSize, NoTotal: true}, 100, 15, "page 1 tells no total"},
		"fewer than one page":   {sandbox.Pages{Requested: sandbox.RequestedSize}, 250, 14, "page 1 tells a total of 250, which one page of 250 has"},
		"the page is ignored":   {sandbox.Pages{Requested: sandbox.RequestedSize, Ignore: true}, 100, 4, "page 2 has no other numbers than those before it"},
	} {
		t.Run(name, func(t *testing.T) {
			box, err := sandbox.New(sandbox.Config{Numbers: numbers, PageSize: own, Pages: test.pages})
			if err != nil {
				t.Fatal(err)
			}
			inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				cfg.BaseURL = "http://localhost"
				want := numbers
				switch {
				case test.pages.Ignore:
					want = test.size // it never tells others
				case test.pages.Unnamed > 0:
					want -= 2 // one of each full page
				}
				distinct, _, ends := readSized(t, newClient(t, cfg).Reader, test.size)
				if distinct != want {
					t.Errorf("%d numbers came, want %d", distinct, want)
				}
				if got := box.Stats().Endpoints[sandbox.Inventory].Requests; got != test.requests {
					t.Errorf("%d requests, want %d", got, test.requests)
				}
				switch {
				case test.ends == "" && len(ends) == 0:
				case test.ends == "" || len(ends) != 1:
					t.Fatalf("told %+v, want %q", ends, test.ends)
				case !strings.Contains(ends[0].Reason, test.ends) || !ends[0].Refuted || ends[0].Size != test.size:
					t.Errorf("told %+v, want %q", ends[0], test.ends)
				}
			})
		})
	}
}

// A size that is not answered is given up, but not refuted: it may have been the API. While nothing is answered at all,
// nothing is told of it.
func TestPagesOfASizeThatAreNotAnswered(t *testing.T) {
	for name, broken := range map[string]func(*http.Request) bool{
		"with the size": func(r *http.Request) bool { return r.URL.Query().Has("TotalNumbersRequested") },
		"from page 2 on": func(r *http.Request) bool {
			return r.FormValue("PageNumber") == "2" && r.URL.Query().Has("TotalNumbersRequested")
		},
		"whatever is asked": func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/inventory") },
	} {
		t.Run(name, func(t *testing.T) {
			box, err := sandbox.New(sandbox.Config{
				Numbers: 250, PageSize: 20, Pages: sandbox.Pages{Requested: sandbox.RequestedSize},
				Answer: func(r *http.Request) http.Handler {
					if !broken(r) {
						return nil
					}
					return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				cfg.BaseURL = "http://localhost"
				if name == "whatever is asked" {
					var ends []client.PagingEnd
					r := newClient(t, cfg).WithPaging(client.NewPaging(100, func(e client.PagingEnd) { ends = append(ends, e) }))
					for _, err := range r.Inventory(t.Context(), 1) {
						wantError(t, err, client.KindOutage, client.AppliedNo)
					}
					if len(ends) > 0 || r.PageSize() != 100 {
						t.Errorf("told %+v", ends)
					}
					return
				}
				begun := time.Now()
				distinct, _, ends := readSized(t, newClient(t, cfg).Reader, 100)
				if distinct != 250 || len(ends) != 1 || ends[0].Refuted || !strings.Contains(ends[0].Reason, "status 500") {
					t.Errorf("%d numbers came, told %+v", distinct, ends)
				}
				if took := time.Since(begun); took > 3*time.Minute {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// A number that is added while pages of a size are read moves another one to the next page: the inventory is read again in
// the server's own pages, but that tells nothing of the size.
func TestPagesOfASizeThatMove(t *testing.T) {
	total := 250
	server := &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
		n, _ := strconv.Atoi(r.FormValue("PageNumber"))
		each, moved := 20, 0
		if asked, _ := strconv.Atoi(r.FormValue("TotalNumbersRequested")); asked > 0 {
			each, moved = asked, total-250
		}
		page(w, fmt.Sprintf(`"TotalResults":%d,`, total), n, (n-1)*each+1-moved, min(n*each, total)-moved)
		total = 251
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		distinct, _, ends := readSized(t, newClient(t, cfg).Reader, 135)
		want := client.PagingEnd{Size: 135, Reason: "2 pages have only 250 numbers by now, of 251", Changed: true}
		if distinct != 251 || len(ends) != 1 || ends[0] != want {
			t.Errorf("%d numbers came, told %+v", distinct, ends)
		}
	})
}

// A reading that goes on at a later page in pages of a size ends at the total; where it has to do without the size, it
// begins at the first page.
func TestPagesOfASizeGoOn(t *testing.T) {
	for requested, want := range map[sandbox.Requested]struct{ numbers, requests, size int }{
		sandbox.RequestedSize:    {150, 2, 100},
		sandbox.RequestedIgnored: {250, 14, 0},
	} {
		box, err := sandbox.New(sandbox.Config{Numbers: 250, PageSize: 20, Pages: sandbox.Pages{Requested: requested}})
		if err != nil {
			t.Fatal(err)
		}
		inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			cfg.BaseURL = "http://localhost"
			numbers := 0
			r := newClient(t, cfg).WithPaging(client.NewPaging(100, nil))
			for p, err := range r.Inventory(t.Context(), 2) {
				if err != nil {
					t.Fatal(err)
				}
				numbers += len(p.Numbers)
			}
			got := box.Stats().Endpoints[sandbox.Inventory].Requests
			if numbers != want.numbers || got != want.requests || r.PageSize() != want.size {
				t.Errorf("%s: %d numbers by %d requests, then a size of %d", requested, numbers, got, r.PageSize())
			}
		})
	}
}

// TestPagesOfASizeLaw: a server that changes what it makes of the size with each request, and is honest without it, never
// makes an inventory look whole that is not: all numbers come.
func TestPagesOfASizeLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		numbers := rapid.IntRange(0, 40).Draw(rt, "numbers")
		own := rapid.IntRange(1, 12).Draw(rt, "own size")
		size := rapid.IntRange(1, 15).Draw(rt, "size")
		minds := rapid.SliceOfN(rapid.IntRange(0, 7), 1, 6).Draw(rt, "what the size means, by request")
		sized := 0
		server := &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
			n, _ := strconv.Atoi(r.FormValue("PageNumber"))
			asked, _ := strconv.Atoi(r.FormValue("TotalNumbersRequested"))
			each, step, upto, total := own, own, numbers, numbers
			if asked > 0 {
				switch minds[sized%len(minds)] {
				case 0: // the size of a page
					each, step = asked, asked
				case 1: // a cap, told
					each, step, upto = asked, asked, min(asked, numbers)
					total = upto
				case 2: // a cap, not told
					each, step, upto = asked, asked, min(asked, numbers)
				case 3: // a cap, told, in pages of the own size
					upto = min(asked, numbers)
					total = upto
				case 4: // half of it
					each = max(asked/2, 1)
					step = each
				case 5: // how many numbers a page has, but not where the next one begins
					each = asked
				case 6:
					http.Error(w, `{"StatusCode":400,"Message":"TotalNumbersRequested is unknown"}`, http.StatusBadRequest)
					sized++
					return
				}
				sized++
			}
			page(w, fmt.Sprintf(`"TotalResults":%d,`, total), n, min((n-1)*step, upto)+1, min((n-1)*step+each, upto))
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			distinct, total, ends := readSized(t, newClient(t, cfg).Reader, size)
			if distinct != numbers || total != numbers {
				rt.Fatalf("%d numbers of %d, %d in truth; told %+v", distinct, total, numbers, ends)
			}
		})
	})
}

// What is found out takes two requests at most, and says of what use the parameter is.
func TestFindPageSize(t *testing.T) {
	for name, test := range map[string]struct {
		numbers, own int
		pages        sandbox.Pages
		want         paging.Found
		requests     int // with the first page
	}{
		"a page size": {
			346, 100, sandbox.Pages{Requested: sandbox.RequestedSize},
			paging.Found{Meaning: paging.Honoured, Asked: 223, Size: 223}, 3,
		},
		"of many numbers": {
			5_000, 100, sandbox.Pages{Requested: sandbox.RequestedSize},
			paging.Found{Meaning: paging.Honoured, Asked: 1_000, Size: 1_000}, 3,
		},
		"a smaller page than asked for": {
			5_000, 100, sandbox.Pages{Requested: sandbox.RequestedSize, Most: 500},
			paging.Found{Meaning: paging.Honoured, Asked: 1_000, Size: 500}, 3,
		},
		"a cap": {
			346, 100, sandbox.Pages{Requested: sandbox.RequestedCap},
			paging.Found{Meaning: paging.Caps, Asked: 223, Detail: "223 numbers came, of 223 in all"}, 2,
		},
		"a cap of records": {
			346, 100, sandbox.Pages{Requested: sandbox.RequestedCapRecords},
			paging.Found{Meaning: paging.Caps, Asked: 223, Detail: "223 and 0 numbers came on two pages, of 346 in all"}, 3,
		},
		"ignored": {
			346, 100, sandbox.Pages{},
			paging.Found{Meaning: paging.Ignored, Asked: 223, Detail: "100 numbers came, of 346 in all"}, 2,
		},
		"refused": {
			346, 100, sandbox.Pages{Requested: sandbox.RequestedRefused},
			paging.Found{
				Meaning: paging.Refused, Asked: 223,
				Detail: "inventory: status 400: $.TotalNumbersRequested: is not a parameter",
			}, 2,
		},
		"of the first page only": {
			346, 100, sandbox.Pages{Requested: sandbox.RequestedFirstPage},
			paging.Found{Meaning: paging.OfFirst, Asked: 223, Detail: "223 and 100 numbers came on two pages, of 346 in all"}, 3,
		},
		"page 1 again": {
			250, 20, sandbox.Pages{Requested: sandbox.RequestedSize, Ignore: true},
			paging.Found{Meaning: paging.Repeated, Asked: 135, Detail: "135 and 135 numbers came on two pages, of 250 in all"}, 3,
		},
		"numbers that move": {
			250, 20, sandbox.Pages{Requested: sandbox.RequestedSize, Shift: 1},
			paging.Found{Meaning: paging.Honoured, Asked: 135, Size: 135}, 3,
		},
		"a smaller page than its own": {
			346, 100, sandbox.Pages{Requested: sandbox.RequestedSize, Most: 50},
			paging.Found{Meaning: paging.Unclear, Asked: 223, Detail: "50 numbers came, of 346 in all"}, 2,
		},
		"one page has all":   {100, 100, sandbox.Pages{Requested: sandbox.RequestedSize}, paging.Found{Meaning: paging.NotSought}, 1},
		"no total":           {346, 100, sandbox.Pages{Requested: sandbox.RequestedSize, NoTotal: true}, paging.Found{Meaning: paging.NotSought}, 1},
		"pages that are big": {5_000, 1_000, sandbox.Pages{Requested: sandbox.RequestedSize}, paging.Found{Meaning: paging.NotSought}, 1},
		"no numbers":         {0, 100, sandbox.Pages{Requested: sandbox.RequestedSize}, paging.Found{Meaning: paging.NotSought}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			box, err := sandbox.New(sandbox.Config{Numbers: test.numbers, PageSize: test.own, Pages: test.pages})
			if err != nil {
				t.Fatal(err)
			}
			inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				cfg.BaseURL = "http://localhost"
				r := newClient(t, cfg).Reader
				for first, err := range r.Inventory(t.Context(), 1) {
					if err != nil {
						t.Fatal(err)
					}
					got, err := paging.Find(t.Context(), r, first)
					if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
						t.Errorf("%v (-want +got):\n%s", err, diff)
					}
					break
				}
				if got := box.Stats().Endpoints[sandbox.Inventory].Requests; got != test.requests {
					t.Errorf("%d requests, want %d", got, test.requests)
				}
			})
		})
	}
}
