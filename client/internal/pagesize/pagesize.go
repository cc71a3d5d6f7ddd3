// Package pagesize is the judgement whether an inventory comes in pages of the size that was asked for. The parameter
// that asks for it, TotalNumbersRequested, is published without a word on what it does: where it is a cap on all numbers,
// pages look whole that are not.
package pagesize

import "fmt"

// Most is the largest size that is tried: an inventory of 100,000 numbers then takes 100 requests, and a page stays far
// below the 32 MiB that are read of one.
const Most = 1_000

// Page is what a page of the inventory tells.
type Page struct {
	Numbers []string
	Unnamed int // records that name no number
	Total   int // numbers of the inventory; -1: it does not tell
}

// Records is how many records the page has.
func (p Page) Records() int { return len(p.Numbers) + p.Unnamed }

// Pages are pages of a size, as they come. They count as such while there are more numbers than one page has, each page is
// full but the last, and each has numbers that no earlier one had: a cap, be it on the records or on the total, cannot
// look so.
type Pages struct {
	size    int
	n       int // pages so far
	records int
	total   int
	seen    map[string]struct{}
	unseen  int // records of pages before the first, and those that name no number
}

// From are the pages of a size from one on, counted from 1.
func From(page, size int) *Pages {
	before := (page - 1) * size
	return &Pages{size: size, n: page - 1, records: before, unseen: before, seen: map[string]struct{}{}}
}

// Take takes in the next page. It returns what the page tells against its size, or "".
func (p *Pages) Take(page Page) (against string) {
	p.n++
	before := len(p.seen)
	for _, number := range page.Numbers {
		p.seen[number] = struct{}{}
	}
	p.unseen += page.Unnamed
	p.records += page.Records()
	p.total = page.Total
	short := page.Records() < p.size && p.records < p.total
	switch {
	case page.Total < 0:
		return fmt.Sprintf("page %d tells no total", p.n)
	case page.Total <= p.size:
		return fmt.Sprintf("page %d tells a total of %d, which one page of %d has", p.n, page.Total, p.size)
	case short, page.Records() > p.size:
		return fmt.Sprintf("page %d has %d numbers where %d were asked for, of %d in all", p.n, page.Records(), p.size, page.Total)
	case len(p.seen) == before && page.Unnamed == 0:
		return fmt.Sprintf("page %d has no other numbers than those before it", p.n)
	case p.Whole() && len(p.seen)+p.unseen < p.total:
		return fmt.Sprintf("%d pages have only %d of %d numbers", p.n, len(p.seen)+p.unseen, p.total)
	default:
		return ""
	}
}

// Whole reports whether as many records came as there are numbers.
func (p *Pages) Whole() bool { return p.records >= p.total }

// Try is the size to ask for, to find out what a server does that told so many records by itself on the first page of so
// many numbers: larger than its own, but less than all, so that a cap shows. 0: there is nothing to gain, or to see it by.
func Try(own, total int) int {
	if own == 0 || own >= Most || total < own+2 {
		return 0
	}
	return min(Most, (own+total)/2)
}

// Meaning is what a server makes of the parameter.
type Meaning string

// The meanings.
const (
	IsPageSize Meaning = "page size"
	IsCap      Meaning = "cap"        // on how many numbers are told at all
	IsIgnored  Meaning = "ignored"    // the page is as large as without it
	IsRefused  Meaning = "refused"    // by a status of its own
	OfPageOne  Meaning = "first page" // the size of that only
	Unclear    Meaning = "unclear"    // none of these
	Unanswered Meaning = "no answer"  // to a page that was asked to have a size
	Untried    Meaning = "untried"    // it was not asked for
)

// First judges the first page, of so many records asked for, of a server that by itself told own. The size is that of a
// page that is to be seen to go on, or 0.
func First(own, asked int, page Page) (m Meaning, size int) {
	switch n := page.Records(); {
	case page.Total < 0:
		return Unclear, 0
	case page.Total <= asked:
		return IsCap, 0
	case n == own:
		return IsIgnored, 0
	case n < own, n > asked:
		return Unclear, 0
	default:
		return IsPageSize, n
	}
}

// Second judges the second page of such a size after the first one.
func Second(size int, first, second Page) Meaning {
	pages := From(1, size)
	switch {
	case pages.Take(first) != "":
		return Unclear
	case second.Records() == 0 || second.Total >= 0 && second.Total <= size:
		return IsCap
	case pages.Take(second) != "":
		return OfPageOne
	default:
		return IsPageSize
	}
}
