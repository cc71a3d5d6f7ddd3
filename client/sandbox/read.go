package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// number serves GET /v1.0/numbers?Number=%2B…&PhoneNumber=%2B…
func (a *account) number(c *call) (object, *strict.Refusal) {
	query, wrong := c.query()
	if wrong != nil {
		return nil, wrong
	}
	number, wrong := a.cfg.Spelling.Query.Asked(query)
	if wrong != nil {
		return nil, wrong
	}
	if !numberFormat.MatchString(number) {
		return nil, strict.BadParameter("Number", "%q is not E.164 (a + in a query is written %%2B)", number)
	}
	c.number = number
	rec, ok := a.shown(number)
	if !ok {
		return nil, strict.Refuse(http.StatusNotFound, "number %s is not in this account", number)
	}
	single := a.cfg.Spelling
	single.ProductType = single.ProductType && !single.Listed
	return single.record(rec), nil
}

// inventory serves GET /v1.0/numbers/inventory?Filter=…&PageNumber=…&TotalNumbersRequested=…
func (a *account) inventory(c *call) (object, *strict.Refusal) {
	query, wrong := c.query()
	if wrong != nil {
		return nil, wrong
	}
	filter := query.Get("Filter")
	if !slices.Contains([]string{"All", active, inactive}, filter) {
		return nil, strict.BadParameter("Filter", "%q: want one of All, Active, Inactive", filter)
	}
	page, err := strconv.Atoi(or(query.Get(a.cfg.Pages.Parameter), "1"))
	if err != nil || page < 1 {
		return nil, strict.BadParameter(a.cfg.Pages.Parameter, "want a page counted from 1")
	}
	if a.cfg.Pages.Ignore {
		page = 1
	}
	asked, wrong := a.requested(query)
	if wrong != nil {
		return nil, wrong
	}
	if asked > 0 && page == 1 {
		a.listings++
	}
	if a.cfg.Pages.Requested == RequestedFirstListing && a.listings > 1 {
		asked = 0
	}
	records, total := a.page(page, asked, filter)
	answer := object{{"AccountId", a.cfg.AccountId}}
	if !a.cfg.Pages.NoTotal {
		answer = append(answer, member{a.cfg.Spelling.total(), total + a.cfg.Pages.TotalStep*a.pagesTold})
	}
	a.pagesTold++
	return append(answer, member{"PageNumber", page}, member{"Filter", filter}, member{"PhoneNumbers", records}), nil
}

// page returns one page of the listing and the total that it tells. Only a filtered listing has to be walked from its
// start.
func (a *account) page(page, asked int, filter string) ([]object, int) {
	size, told := a.numbers.len(), a.cfg.Pages
	at := func(i int) Record { return a.listed(i) }
	if filter != "All" {
		var matching []int
		for i := range size {
			if a.listed(i).Status == filter {
				matching = append(matching, i)
			}
		}
		size, at = len(matching), func(i int) Record { return a.listed(matching[i]) }
	}
	list := []object{}
	cut := told.Requested.Cut(page, size, a.cfg.PageSize, asked, told.Most)
	for i := cut.From; i < cut.To; i++ {
		list = append(list, a.entry(at(i), len(list)))
	}
	return list, cut.Total
}

// requested is how many numbers a query asks for; 0: it does not say, or it is of no meaning.
func (a *account) requested(query url.Values) (int, *strict.Refusal) {
	const name = "TotalNumbersRequested"
	switch n, err := strconv.ParseInt(or(query.Get(name), "0"), 10, 32); {
	case !query.Has(name):
		return 0, nil
	case a.cfg.Pages.Requested == RequestedRefused:
		return 0, strict.BadParameter(name, "is not a parameter")
	case err != nil || n < 1:
		return 0, strict.BadParameter(name, "want a number above 0")
	default:
		return int(n), nil
	}
}

// entry spells the i-th record of a page, from 0.
func (a *account) entry(rec Record, i int) object {
	if n := a.cfg.Pages.Unnamed; n > 0 && (i+1)%n == 0 {
		rec.Number = ""
	}
	listed := a.cfg.Spelling
	listed.ProductType = listed.ProductType || listed.Listed
	return listed.record(rec)
}

// listed returns the i-th record of the listing, which turns when pages are to shift.
func (a *account) listed(i int) Record {
	size := a.numbers.len()
	turned := (i - a.cfg.Pages.Shift*a.pagesTold) % size
	rec, _ := a.shown(a.numbers.at((turned + size) % size))
	return rec
}
