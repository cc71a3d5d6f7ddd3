package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// number serves GET /v1.0/numbers?PhoneNumber=%2B…
func (s *Sandbox) number(c *call) (object, *refusal) {
	number, wrong := c.only("PhoneNumber")
	if wrong != nil {
		return nil, wrong
	}
	if !numberFormat.MatchString(number) {
		return nil, badParameter("PhoneNumber", "%q is not E.164 (a + in a query is written %%2B)", number)
	}
	c.number = number
	rec, ok := s.lookup(number)
	if !ok {
		return nil, refuse(http.StatusNotFound, "number %s is not in this account", number)
	}
	return s.cfg.Spelling.record(rec), nil
}

// inventory serves GET /v1.0/numbers/inventory?Filter=…&PageNumber=…
func (s *Sandbox) inventory(c *call) (object, *refusal) {
	query, wrong := c.query()
	if wrong != nil {
		return nil, wrong
	}
	filter := query.Get("Filter")
	if !slices.Contains([]string{"All", active, inactive}, filter) {
		return nil, badParameter("Filter", "%q: want one of All, Active, Inactive", filter)
	}
	page, err := strconv.Atoi(or(query.Get(s.cfg.Pages.Parameter), "1"))
	if err != nil || page < 1 {
		return nil, badParameter(s.cfg.Pages.Parameter, "want a page counted from 1")
	}
	if s.cfg.Pages.Ignore {
		page = 1
	}
	records, total := s.page(page, filter)
	answer := object{{"AccountId", s.cfg.AccountId}}
	if !s.cfg.Pages.NoTotal {
		answer = append(answer, member{s.cfg.Spelling.total(), total + s.cfg.Pages.TotalStep*s.pagesTold})
	}
	s.pagesTold++
	return append(answer, member{"PageNumber", page}, member{"Filter", filter}, member{"PhoneNumbers", records}), nil
}

// page returns one page of the listing and how many numbers the listing has. Only a filtered listing has to be walked
// from its start.
func (s *Sandbox) page(page int, filter string) ([]object, int) {
	size := s.numbers.len()
	list := []object{}
	from := min(page-1, size) * s.cfg.PageSize // no page beyond the last has numbers
	if filter == "All" {
		for i := from; i < min(from+s.cfg.PageSize, size); i++ {
			list = append(list, s.entry(s.listed(i), len(list)))
		}
		return list, size
	}
	total := 0
	for i := range size {
		rec := s.listed(i)
		if rec.Status != filter {
			continue
		}
		if total >= from && len(list) < s.cfg.PageSize {
			list = append(list, s.entry(rec, len(list)))
		}
		total++
	}
	return list, total
}

// entry spells the i-th record of a page, from 0.
func (s *Sandbox) entry(rec Record, i int) object {
	if n := s.cfg.Pages.Unnamed; n > 0 && (i+1)%n == 0 {
		rec.Number = ""
	}
	return s.cfg.Spelling.record(rec)
}

// listed returns the i-th record of the listing, which turns when pages are to shift.
func (s *Sandbox) listed(i int) Record {
	size := s.numbers.len()
	turned := (i - s.cfg.Pages.Shift*s.pagesTold) % size
	rec, _ := s.lookup(s.numbers.at((turned + size) % size))
	return rec
}

// query returns the parameters, each given at most once.
func (c *call) query() (url.Values, *refusal) {
	if len(c.body) > 0 {
		return nil, refuse(http.StatusBadRequest, "a GET request has no body")
	}
	query, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the query is malformed")
	}
	for name, list := range query {
		if len(list) > 1 {
			return nil, badParameter(name, "is given twice")
		}
	}
	return query, nil
}

// only returns the value of the one parameter that the query must consist of.
func (c *call) only(name string) (string, *refusal) {
	query, wrong := c.query()
	if wrong != nil {
		return "", wrong
	}
	for other := range query {
		if other != name {
			return "", badParameter(other, "is not a parameter: want %s", name)
		}
	}
	if strings.TrimSpace(query.Get(name)) == "" {
		return "", badParameter(name, "is required")
	}
	return query.Get(name), nil
}

func badParameter(name, format string, args ...any) *refusal {
	m := mistakes{}
	m.add(name, format, args...)
	return m.refusal()
}
