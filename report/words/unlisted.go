package words

import (
	"strings"

	"github.com/bulknum/bulknum/batch/plan"
)

// Unlisted says how many numbers an input does not name; "": nobody knows.
func Unlisted(u *plan.Unlisted) string {
	switch {
	case u == nil:
		return ""
	case u.Whole:
		return CountOf(u.Numbers, "number") + " of the inventory"
	default:
		return "at least " + CountOf(u.Numbers, "number") + " of the inventory, whose pages shifted while they were read"
	}
}

// UnlistedRoute is the route on which some of them are.
func UnlistedRoute(on plan.UnlistedOn, routes map[string]string) string {
	if on.ID == "" {
		return "without a " + string(on.Kind) + " route"
	}
	return "on " + string(on.Kind) + " route " + WithRouteNames(on.ID, routes)
}

// shownUnlisted is how many numbers of a route are shown.
const shownUnlisted = 5

// UnlistedNumbers are the first of them.
func UnlistedNumbers(on plan.UnlistedOn) string {
	var shown []string
	for _, number := range on.First[:min(len(on.First), shownUnlisted)] {
		shown = append(shown, Number(number))
	}
	text := strings.Join(shown, ", ")
	if more := on.Numbers - len(shown); more > 0 {
		text += " and " + Count(more) + " more"
	}
	return text
}
