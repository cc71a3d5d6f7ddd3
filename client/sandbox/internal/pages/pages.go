// Package pages is how an inventory is cut into pages, whatever the parameter TotalNumbersRequested means: the vendor's
// description has it without a word on what it does.
package pages

import "math"

// Requested is what TotalNumbersRequested does.
type Requested string

// The meanings that it may have.
const (
	Ignored      Requested = "ignored"       // nothing
	Size         Requested = "size"          // it is how many numbers a page has
	FirstListing Requested = "first-listing" // the same, until another listing begins: then nothing
	FirstPage    Requested = "first-page"    // it is how many numbers the first page has; others have their own size
	Repeated     Requested = "repeated"      // it is how many numbers a page has, and every page is the first one
	Cap          Requested = "cap"           // it is how many numbers are told at all, on one page, and the total is theirs
	CapRecords   Requested = "cap-records"   // the same, but the total is that of the inventory
	Refused      Requested = "refused"       // it is a parameter that the server does not have
)

// Meanings are all of them.
func Meanings() []Requested {
	return []Requested{Ignored, Size, FirstListing, FirstPage, Repeated, Cap, CapRecords, Refused}
}

// Slice is a page: the numbers of the listing from From on, To not included, and the total that is told with them.
type Slice struct{ From, To, Total int }

// Cut returns the n-th page, counted from 1, of a listing of so many numbers, where a page has own numbers by itself and
// asked are requested; 0: none are. A page has no more than limit, whatever is requested; 0:
// there is no such limit. Whether a listing is the first one, the caller knows.
func (r Requested) Cut(n, listed, own, asked, limit int) Slice {
	size, first, upto := own, (min(n-1, listed))*own, math.MaxInt // no page beyond the last has numbers
	switch {
	case asked == 0:
	case r == Size, r == FirstListing, r == Repeated:
		if size = asked; limit > 0 {
			size = min(asked, limit)
		}
		if first = min(n-1, listed) * size; r == Repeated {
			first = 0
		}
	case r == Cap, r == CapRecords:
		size, first, upto = asked, min(n-1, listed)*asked, asked
	case r == FirstPage && n == 1:
		size = asked
	}
	s := Slice{From: min(first, listed, upto), To: min(first+size, listed, upto), Total: listed}
	if r == Cap {
		s.Total = min(listed, upto)
	}
	return s
}
