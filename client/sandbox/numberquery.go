package sandbox

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// NumberQuery is by which parameters GET /v1.0/numbers lets a number be asked for. The vendor's description has two and
// marks neither as required, its sample has Number, its older pages PhoneNumber; what both together do is told nowhere.
type NumberQuery string

// The ways of asking.
const (
	QueryEither      NumberQuery = ""             // by either parameter, and by both when they are the same
	QueryOne         NumberQuery = "one"          // by either; both are refused
	QueryNumber      NumberQuery = "number"       // by Number; PhoneNumber is refused
	QueryPhoneNumber NumberQuery = "phone-number" // by PhoneNumber; Number is refused
	QueryNothing     NumberQuery = "nothing"      // by PhoneNumber; Number is another filter, which no number passes
)

// numberQueries are all of them.
func numberQueries() []NumberQuery {
	return []NumberQuery{QueryEither, QueryOne, QueryNumber, QueryPhoneNumber, QueryNothing}
}

// asked returns the number that a query asks for.
func (q NumberQuery) asked(query url.Values) (string, *strict.Refusal) {
	names := map[NumberQuery][]string{
		QueryEither: {"Number", "PhoneNumber"}, QueryOne: {"Number", "PhoneNumber"}, QueryNumber: {"Number"},
		QueryPhoneNumber: {"PhoneNumber"}, QueryNothing: {"Number", "PhoneNumber"},
	}[q]
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch {
		case !slices.Contains(names, name):
			return "", badParameter(name, "is not a parameter: want %s", strings.Join(names, " or "))
		case strings.TrimSpace(query.Get(name)) == "":
			return "", badParameter(name, "is required")
		}
	}
	switch number, phone := query.Get("Number"), query.Get("PhoneNumber"); {
	case len(query) == 0:
		return "", badParameter(names[0], "is required")
	case q == QueryOne && len(query) > 1:
		return "", badParameter("PhoneNumber", "does not go with Number")
	case q == QueryNothing && number != "":
		return "", strict.Refuse(http.StatusNotFound, "number %s is not in this account", number)
	case number != "" && phone != "" && number != phone:
		return "", badParameter("PhoneNumber", "is another number than Number")
	case number != "":
		return number, nil
	default:
		return phone, nil
	}
}
