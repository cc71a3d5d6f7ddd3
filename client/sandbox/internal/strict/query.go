package strict

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Query returns the parameters of a GET request, each given at most once.
func Query(r *http.Request, body []byte) (url.Values, *Refusal) {
	if len(body) > 0 {
		return nil, Refuse(http.StatusBadRequest, "a GET request has no body")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, Refuse(http.StatusBadRequest, "the query is malformed")
	}
	for name, list := range query {
		if len(list) > 1 {
			return nil, BadParameter(name, "is given twice")
		}
	}
	return query, nil
}

// Only returns the value of the one parameter that the query must consist of.
func Only(r *http.Request, body []byte, name string) (string, *Refusal) {
	query, wrong := Query(r, body)
	if wrong != nil {
		return "", wrong
	}
	for other := range query {
		if other != name {
			return "", BadParameter(other, "is not a parameter: want %s", name)
		}
	}
	if strings.TrimSpace(query.Get(name)) == "" {
		return "", BadParameter(name, "is required")
	}
	return query.Get(name), nil
}

// BadParameter refuses a parameter.
func BadParameter(name, format string, args ...any) *Refusal {
	m := Mistakes{}
	m.Add(name, format, args...)
	return m.Refusal()
}

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

// NumberQueries are all of them.
func NumberQueries() []NumberQuery {
	return []NumberQuery{QueryEither, QueryOne, QueryNumber, QueryPhoneNumber, QueryNothing}
}

// Asked returns the number that a query asks for.
func (q NumberQuery) Asked(query url.Values) (string, *Refusal) {
	names := map[NumberQuery][]string{
		QueryEither: {"Number", "PhoneNumber"}, QueryOne: {"Number", "PhoneNumber"}, QueryNumber: {"Number"},
		QueryPhoneNumber: {"PhoneNumber"}, QueryNothing: {"Number", "PhoneNumber"},
	}[q]
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch {
		case !slices.Contains(names, name):
			return "", BadParameter(name, "is not a parameter: want %s", strings.Join(names, " or "))
		case strings.TrimSpace(query.Get(name)) == "":
			return "", BadParameter(name, "is required")
		}
	}
	switch number, phone := query.Get("Number"), query.Get("PhoneNumber"); {
	case len(query) == 0:
		return "", BadParameter(names[0], "is required")
	case q == QueryOne && len(query) > 1:
		return "", BadParameter("PhoneNumber", "does not go with Number")
	case q == QueryNothing && number != "":
		return "", Refuse(http.StatusNotFound, "number %s is not in this account", number)
	case number != "" && phone != "" && number != phone:
		return "", BadParameter("PhoneNumber", "is another number than Number")
	case number != "":
		return number, nil
	default:
		return phone, nil
	}
}
