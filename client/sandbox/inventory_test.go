package sandbox_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// readAll reads pages until an empty one, at most limit, and returns the numbers in the order told.
func readAll(c *caller, filter string, limit int) (numbers []string, totals []any) {
	for page := 1; page <= limit; page++ {
		got := c.get(inventoryPath, "Filter", filter, "PageNumber", strconv.Itoa(page))
		totals = append(totals, got.fields["TotalResults"])
		records := got.fields["PhoneNumbers"].([]any)
		if len(records) == 0 {
			break
		}
		for _, rec := range records {
			numbers = append(numbers, rec.(map[string]any)["Number"].(string))
		}
	}
	return numbers, totals
}

// TestInventoryLaw: for each seed, size and page size the pages hold each number once, the same ones every time, each
// of which can be read, and whose truth is what the page says.
func TestInventoryLaw(t *testing.T) {
	if err := testextent.Checks(300); err != nil { // each makes an inventory and its requests
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		cfg := sandbox.Config{
			Seed:     rapid.Int64().Draw(rt, "seed"),
			Numbers:  rapid.IntRange(0, 300).Draw(rt, "numbers"),
			PageSize: rapid.IntRange(1, 120).Draw(rt, "page size"), OnlyInventory: true}
		s, c := newCaller(t, cfg)
		numbers, _ := readAll(c, "All", 400)
		again, _ := readAll(c, "All", 400)
		if diff := cmp.Diff(numbers, again); diff != "" {
			rt.Fatalf("read again:\n%s", diff)
		}
		seen := map[string]bool{}
		for i, number := range numbers {
			seen[number] = true
			if at, ok := s.InventoryNumber(i); !ok || at != number {
				rt.Fatalf("number %d is %s and %s", i, number, at)
			}
			if rec, ok := s.Number(number); !ok || rec.Number != number {
				rt.Fatalf("number %s exists: %v, is %s", number, ok, rec.Number)
			}
		}
		if len(seen) != cfg.Numbers || len(numbers) != cfg.Numbers {
			rt.Fatalf("%d numbers, %d distinct, want %d", len(numbers), len(seen), cfg.Numbers)
		}
		cfg.Numbers++
		larger, _ := newCaller(t, cfg)
		next, _ := larger.InventoryNumber(cfg.Numbers - 1)
		if _, ok := s.Number(next); ok {
			rt.Fatalf("%s exists, the first number beyond the inventory", next)
		}
	})
}

func TestNumbersOutsideTheInventory(t *testing.T) {
	cfg := sandbox.Config{Seed: 3, Numbers: 10}
	s, c := newCaller(t, cfg)
	first := c.get(numberPath, "PhoneNumber", "+18018018011")
	if first.status != 200 {
		t.Fatalf("%d %s", first.status, first.text)
	}
	if numbers, _ := readAll(c, "All", 9); len(numbers) != 10 {
		t.Errorf("after a read the listing has %d numbers", len(numbers))
	}
	_, other := newCaller(t, cfg)
	if again := other.get(numberPath, "PhoneNumber", "+18018018011"); again.text != first.text {
		t.Errorf("another sandbox of the same seed: %s, not %s", again.text, first.text)
	}
	c.update(`{"Number":"+18018018011"}`)
	c.update(`{"Number":"+18018018011"}`)
	if err := s.Set("+18018018012", func(*sandbox.Record) {}); err != nil {
		t.Fatal(err)
	}
	numbers, totals := readAll(c, "All", 9)
	if diff := cmp.Diff([]string{"+18018018011", "+18018018012"}, numbers[10:]); diff != "" || totals[0] != 12.0 {
		t.Errorf("updated numbers at the end, total %v:\n%s", totals[0], diff)
	}
	cfg.OnlyInventory = true
	_, c = newCaller(t, cfg)
	if got := c.get(numberPath, "PhoneNumber", "+18018018011"); got.status != 404 {
		t.Errorf("only inventory, read: %d", got.status)
	}
	if got := c.update(`{"Number":"+18018018011"}`); got.status != 404 {
		t.Errorf("only inventory, update: %d", got.status)
	}
}

func TestFilters(t *testing.T) {
	_, c := newCaller(t, sandbox.Config{Numbers: 500, PageSize: 7})
	all, _ := readAll(c, "All", 100)
	on, totals := readAll(c, "Active", 100)
	off, _ := readAll(c, "Inactive", 100)
	if len(all) != 500 || len(on)+len(off) != 500 || len(off) == 0 || totals[0] != float64(len(on)) {
		t.Errorf("all %d, active %d, inactive %d, total %v", len(all), len(on), len(off), totals[0])
	}
}

// TestPageBehaviour covers the ways in which a listing may mislead.
func TestPageBehaviour(t *testing.T) {
	read := func(pages sandbox.Pages, limit int) ([]string, []any, int) {
		_, c := newCaller(t, sandbox.Config{Numbers: 30, PageSize: 10, Pages: pages})
		numbers, totals := readAll(c, "All", limit)
		distinct := map[string]bool{}
		for _, n := range numbers {
			distinct[n] = true
		}
		return numbers, totals, len(distinct)
	}
	honest, _, _ := read(sandbox.Pages{}, 4)
	if numbers, _, distinct := read(sandbox.Pages{Ignore: true}, 5); len(numbers) != 50 || distinct != 10 || numbers[10] != honest[0] {
		t.Errorf("ignored parameter: %d numbers, %d distinct", len(numbers), distinct)
	}
	if numbers, _, distinct := read(sandbox.Pages{Shift: 2}, 4); len(numbers) != 30 || distinct != 26 || numbers[10] != honest[8] {
		t.Errorf("numbers told twice: %d numbers, %d distinct", len(numbers), distinct)
	}
	if numbers, _, distinct := read(sandbox.Pages{Shift: -2}, 4); len(numbers) != 30 || distinct != 26+0 || numbers[10] != honest[12] {
		t.Errorf("numbers missed: %d numbers, %d distinct", len(numbers), distinct)
	}
	if _, totals, _ := read(sandbox.Pages{NoTotal: true}, 4); totals[0] != nil {
		t.Errorf("no total: %v", totals)
	}
	if _, totals, _ := read(sandbox.Pages{TotalStep: -3}, 4); fmt.Sprint(totals) != "[30 27 24 21]" {
		t.Errorf("changing total: %v", totals)
	}
	if numbers, _, distinct := read(sandbox.Pages{Parameter: "Page"}, 2); len(numbers) != 20 || distinct != 10 {
		t.Errorf("PageNumber where Page is meant: %d numbers, %d distinct", len(numbers), distinct)
	}
	_, c := newCaller(t, sandbox.Config{Numbers: 30, PageSize: 10, Pages: sandbox.Pages{Parameter: "Page"}})
	if got := c.get(inventoryPath, "Filter", "All", "Page", "2"); got.fields["PageNumber"] != 2.0 {
		t.Errorf("Page: %s", got.text)
	}
}

// TestNumbersRequested: what TotalNumbersRequested does to the pages of 30 numbers, 10 on each by themselves.
func TestNumbersRequested(t *testing.T) {
	for name, test := range map[string]struct {
		pages  sandbox.Pages
		asked  string
		status int
		want   string // the numbers of each of three pages, by where they are in the listing, and the totals
	}{
		"ignored":              {sandbox.Pages{}, "12", 200, "0-9/30, 10-19/30, 20-29/30"},
		"page size":            {sandbox.Pages{Requested: sandbox.RequestedSize}, "12", 200, "0-11/30, 12-23/30, 24-29/30"},
		"page size, not asked": {sandbox.Pages{Requested: sandbox.RequestedSize}, "", 200, "0-9/30, 10-19/30, 20-29/30"},
		"page size, at most":   {sandbox.Pages{Requested: sandbox.RequestedSize, Most: 11}, "12", 200, "0-10/30, 11-21/30, 22-29/30"},
		"cap":                  {sandbox.Pages{Requested: sandbox.RequestedCap}, "12", 200, "0-11/12, none/12, none/12"},
		"cap above all":        {sandbox.Pages{Requested: sandbox.RequestedCap}, "40", 200, "0-29/30, none/30, none/30"},
		"cap of records":       {sandbox.Pages{Requested: sandbox.RequestedCapRecords}, "12", 200, "0-11/30, none/30, none/30"},
		"first page":           {sandbox.Pages{Requested: sandbox.RequestedFirstPage}, "12", 200, "0-11/30, 10-19/30, 20-29/30"},
		"repeated":             {sandbox.Pages{Requested: sandbox.RequestedRepeated}, "12", 200, "0-11/30, 0-11/30, 0-11/30"},
		"repeated, at most":    {sandbox.Pages{Requested: sandbox.RequestedRepeated, Most: 11}, "12", 200, "0-10/30, 0-10/30, 0-10/30"},
		"repeated, not asked":  {sandbox.Pages{Requested: sandbox.RequestedRepeated}, "", 200, "0-9/30, 10-19/30, 20-29/30"},
		"first listing":        {sandbox.Pages{Requested: sandbox.RequestedFirstListing}, "12", 200, "0-11/30, 12-23/30, 24-29/30"},
		"refused":              {sandbox.Pages{Requested: sandbox.RequestedRefused}, "12", 400, ""},
		"no number":            {sandbox.Pages{Requested: sandbox.RequestedSize}, "-1", 400, ""},
		"not an int32":         {sandbox.Pages{}, "2147483648", 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := newCaller(t, sandbox.Config{Numbers: 30, PageSize: 10, Pages: test.pages})
			at := map[string]int{}
			for i := range 30 {
				number, _ := s.InventoryNumber(i)
				at[number] = i
			}
			var got []string
			for page := range 3 {
				query := []string{"Filter", "All", "PageNumber", strconv.Itoa(page + 1), "TotalNumbersRequested", test.asked}
				if test.asked == "" {
					query = query[:4]
				}
				answer := c.get(inventoryPath, query...)
				if answer.status != test.status {
					t.Fatalf("%d %s", answer.status, answer.text)
				}
				if answer.status != 200 {
					return
				}
				which := "none"
				if list := answer.fields["PhoneNumbers"].([]any); len(list) > 0 {
					first := at[list[0].(map[string]any)["Number"].(string)]
					which = fmt.Sprintf("%d-%d", first, first+len(list)-1)
				}
				got = append(got, fmt.Sprintf("%s/%v", which, answer.fields["TotalResults"]))
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("%v, want %s", got, test.want)
			}
		})
	}
}

// The size counts until another listing that asks for it begins; one that does not ask for it changes nothing.
func TestSizeOfTheFirstListingOnly(t *testing.T) {
	_, c := newCaller(t, sandbox.Config{Numbers: 30, PageSize: 10, Pages: sandbox.Pages{Requested: sandbox.RequestedFirstListing}})
	var got []int
	for _, page := range []string{"1, 12", "1", "2, 12", "1, 12", "2, 12"} {
		number, asked, sized := strings.Cut(page, ", ")
		query := []string{"Filter", "All", "PageNumber", number}
		if sized {
			query = append(query, "TotalNumbersRequested", asked)
		}
		got = append(got, len(c.get(inventoryPath, query...).fields["PhoneNumbers"].([]any)))
	}
	if want := []int{12, 10, 12, 10, 10}; !slices.Equal(got, want) {
		t.Errorf("pages of %v, want %v", got, want)
	}
}

func TestRoutes(t *testing.T) {
	_, c := newCaller(t, sandbox.Config{MissingRoutes: []string{"MRID-0"}, DisabledRoutes: []string{"MRID-off", "CRID-off"}})
	tests := []struct {
		path, parameter, id string
		status              int
		field               string
		want                any
	}{
		{"/v1.0/message/routes", "MessageRouteId", "MRID-on", 200, "MessageRouteEnabled", true},
		{"/v1.0/message/routes", "MessageRouteId", "MRID-off", 200, "MessageRouteEnabled", false},
		{"/v1.0/message/routes", "MessageRouteId", "MRID-0", 404, "StatusCode", 404.0},
		{"/v1.0/voice/routes", "CallRouteID", "T9992774", 200, "CallRouteStatus", "Active"},
		{"/v1.0/voice/routes", "CallRouteID", "CRID-off", 200, "CallRouteStatus", "Inactive"},
	}
	for _, tt := range tests {
		if got := c.get(tt.path, tt.parameter, tt.id); got.status != tt.status || got.fields[tt.field] != tt.want {
			t.Errorf("%s: %d %s", tt.id, got.status, got.text)
		}
	}
}
