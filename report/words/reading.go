package words

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/plan"
)

// Reading says how current settings are read, or were, and why that way:
// "reading 184 inventory pages instead of 9,812 single numbers".
func Reading(r plan.Reading) string {
	text := reading(r)
	if r.Unnamed > 0 {
		text += ", passing over " + CountOf(r.Unnamed, "record") + " without a number"
	}
	return text
}

func reading(r plan.Reading) string {
	singles := r.Singles + r.SinglesLeft
	switch {
	case r.Way == plan.ReadNone:
		return "reading nothing: every row is sent"
	case r.Way == plan.ReadFile:
		text := fmt.Sprintf("reading nothing: an exported file has %s of %s", Count(r.Found), CountOf(r.Numbers, "number"))
		if r.Trouble != "" {
			text += "; " + Printable(r.Trouble)
		}
		return text
	case r.Trouble != "":
		return fmt.Sprintf("%s, because the inventory cannot be read to its end: %s", readingOf(r.Pages, singles), Printable(r.Trouble))
	case r.Pages == 0 && singles == 0:
		return fmt.Sprintf("reading nothing: the settings of %s are known already", CountOf(r.Numbers, "number"))
	case r.Pages == 0:
		return readingOf(0, singles)
	case turnsToSingles(r):
		return fmt.Sprintf("%s instead of %s", readingOf(r.Pages, singles), CountOf(r.PagesInAll-r.Pages, "more inventory page"))
	default:
		return readingPages(r)
	}
}

// readingOf says what is read: of the pages none are told when there is only
// the first, which had to be seen to choose.
func readingOf(pages, singles int) string {
	if pages <= 1 {
		return "reading " + CountOf(singles, "single number")
	}
	return fmt.Sprintf("reading %s, then %s", CountOf(pages, "inventory page"), CountOf(singles, "single number"))
}

// turnsToSingles reports whether the rest of the pages are left unread because
// the numbers that are left take no more requests.
func turnsToSingles(r plan.Reading) bool {
	return r.PagesInAll > r.Pages && r.Way == plan.ReadEach
}

// readingPages tells a reading of the inventory.
func readingPages(r plan.Reading) string {
	goesOn := r.Singles == 0 && r.SinglesLeft > 0 && (r.PagesInAll == 0 || r.Pages < r.PagesInAll)
	n := r.Pages
	if goesOn {
		n = max(n, r.PagesInAll)
	}
	text := "reading " + CountOf(n, "inventory page")
	switch {
	case goesOn && r.PagesInAll == 0:
		text = "reading the inventory, whose size the API does not say,"
	case n < r.PagesInAll:
		text = fmt.Sprintf("reading %s of %s", Count(n), CountOf(r.PagesInAll, "inventory page"))
	}
	if r.Numbers >= n {
		text += " instead of " + CountOf(r.Numbers, "single number")
	} else {
		text += " for " + CountOf(r.Numbers, "number")
	}
	if singles := r.Singles + r.SinglesLeft; singles > 0 && !goesOn {
		text += fmt.Sprintf(", then %s", CountOf(singles, "single number"))
	}
	return text
}
