// Package pagesize is the judgement whether an inventory comes in pages of the size that was asked for. The parameter
// that asks for it, TotalNumbersRequested, is published without a word on what it does: where it is a cap on all numbers,
// pages look whole that are not.
package pagesize

import (
	"fmt"
	"slices"
)

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
	first   int // the total of the first page that came
	total   int
	seen    map[string]struct{}
	unseen  int // records of pages before the first, and those that name no number
}

// From are the pages of a size from one on, counted from 1.
func From(page, size int) *Pages {
	before := (page - 1) * size
	return &Pages{size: size, n: page - 1, records: before, unseen: before, seen: map[string]struct{}{}}
}

// Against is what a page tells against its size.
type Against struct {
	Reason string // "": nothing
	// Moved is true when the pages are as asked for, and the numbers moved from one to another while they were read: they may
	// lack some, and that tells nothing of the size.
	Moved bool
}

// Take takes in the next page.
func (p *Pages) Take(page Page) Against {
	p.n++
	before := len(p.seen)
	for _, number := range page.Numbers {
		p.seen[number] = struct{}{}
	}
	if before == 0 {
		p.first = page.Total
	}
	p.unseen += page.Unnamed
	p.records += page.Records()
	p.total = page.Total
	other := len(p.seen) > before || page.Unnamed > 0
	short := page.Records() < p.size && p.records < p.total
	switch {
	case page.Total < 0:
		return p.against("page %d tells no total", p.n)
	case page.Total <= p.size:
		return p.against("page %d tells a total of %d, which one page of %d has", p.n, page.Total, p.size)
	case short, page.Records() > p.size:
		return p.against("page %d has %d numbers where %d were asked for, of %d in all", p.n, page.Records(), p.size, page.Total)
	case page.Records() == 0 || p.moved(other):
		return Against{fmt.Sprintf("%d pages have only %d numbers by now, of %d", p.n, len(p.seen)+p.unseen, p.total), true}
	case !other:
		return p.against("page %d has no other numbers than those before it", p.n)
	case p.Whole() && p.missing() > 0:
		return p.against("%d pages have only %d of %d numbers", p.n, len(p.seen)+p.unseen, p.total)
	default:
		return Against{}
	}
}

func (p *Pages) against(format string, args ...any) Against {
	return Against{Reason: fmt.Sprintf(format, args...)}
}

// missing is how many numbers did not come of those that there are.
func (p *Pages) missing() int { return p.total - len(p.seen) - p.unseen }

// moved reports whether numbers came again in the place of others because the inventory changed. Exactly as many records
// came as there are: a page that does not begin where the one before it ended has others. As many as the total changed
// can have moved by that; where it did not change, numbers came and others went, which are few, or the only one of a page.
func (p *Pages) moved(other bool) bool {
	missing, change := p.missing(), p.total-p.first
	if p.records != p.total || missing <= 0 {
		return false
	}
	few := 1
	if other {
		few = max(few, p.size/10)
	}
	return missing <= max(few, change, -change)
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
	IsRepeated Meaning = "repeated"   // the first page comes again as the second one
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
	case pages.Take(first).Reason != "":
		return Unclear
	case second.Records() == 0 || second.Total >= 0 && second.Total <= size:
		return IsCap
	case slices.Equal(first.Numbers, second.Numbers):
		return IsRepeated
	}
	if against := pages.Take(second); against.Reason != "" && !against.Moved {
		return OfPageOne
	}
	return IsPageSize
}
