package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// owners are the prefixes of the vendor's identifiers, and whose they are.
var owners = map[string]string{
	"DID":    "an account key",
	"AID":    "an account",
	"TSUID":  "a subscriber",
	"SID":    "a subscriber",
	"TNID":   "a number",
	"NID":    "a number",
	"MRID":   "a message route",
	"CRID":   "a voice route",
	"JNUOID": "an order",
	"JNOID":  "an order",
	"TNOID":  "an order",
}

// StandsForNothing reports whether a caller's name reads as "no value", so that input refuses it.
func StandsForNothing(name string) bool { return isNoValue(name, noValue) }

// isNoValue reports whether a value is among those that stand for none.
func isNoValue(value string, among []string) bool {
	return slices.Contains(among, strings.ToLower(value))
}

// keepOrClear is what to write instead of a word for "no value".
func (f *Field) keepOrClear() string {
	return fmt.Sprintf("leave the cell blank to keep the %s as it is, or write %s to remove it", f.Name, Clear)
}

// parseIdentifier takes the name of a route where one belongs, and every identifier but one that is known to be of
// something else, and one with what the API's identifiers never have.
func parseIdentifier(f *Field, value string) (string, *Flaw) {
	if flaw := unusable(value); flaw != nil {
		return "", flaw
	}
	if name, is := RouteName(value); is {
		return parseRouteName(f, name)
	}
	if isNoValue(value, noValue) || isNoValue(value, words) {
		return "", wrong("stands for no value", f.keepOrClear())
	}
	if strings.ContainsFunc(value, unicode.IsSpace) {
		return "", wrong("contains a space", "an identifier has none: remove it")
	}
	if flaw := pasted(value); flaw != nil {
		return "", flaw
	}
	if strings.IndexAny(value, formulaSigns) == 0 {
		return "", wrong(fmt.Sprintf("begins with %c, as a formula does and no identifier", value[0]),
			"write the id itself; if it is what a formula comes to, save the sheet with values in place of formulas")
	}
	prefix, _, _ := strings.Cut(strings.ToUpper(value), "-")
	if owner := ownerOf(value); owner != "" && !slices.Contains(f.Prefixes, prefix) {
		return "", wrong("this is the id of "+owner, fmt.Sprintf("the id in %s starts with %s-", f.Name, f.Prefixes[0]))
	}
	return value, cutFlaw(f, value)
}

// formulaSigns are what spreadsheets take for the beginning of a formula. The API's identifiers begin with a letter or a digit.
const formulaSigns = "=+-@"

// plainIdentifier finds one of a field's own prefixes, and behind it nothing that may be a UUID without its end.
func plainIdentifier(f *Field, value string) bool {
	if len(value) > maxText || !all(value, ofIdentifier) {
		return false
	}
	for _, prefix := range f.Prefixes {
		if n := len(prefix); len(value) > n && value[n] == '-' && value[:n] == prefix {
			tail := value[n+1:]
			return len(tail) >= uuidLength || strings.IndexByte(tail, '-') < 0
		}
	}
	return false
}

// cutUUID is the beginning of a UUID, with its first hyphen.
var cutUUID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^[0-9a-f]{8}-([0-9a-f]{0,3}|[0-9a-f]{4}(-[0-9a-f]{4}){0,2}(-[0-9a-f]{0,3})?|[0-9a-f]{4}(-[0-9a-f]{4}){2}-[0-9a-f]{0,11})$`)
})

// uuidLength is how many characters a UUID has.
const uuidLength = 36

// cutFlaw finds an identifier of which the end is missing.
func cutFlaw(f *Field, value string) *Flaw {
	for _, prefix := range f.Prefixes {
		if tail, found := strings.CutPrefix(value, prefix+"-"); found && cutUUID().MatchString(tail) {
			return doubtful(fmt.Sprintf("is cut off: it has %d of the %d characters of a UUID", len(tail), uuidLength),
				"see whether its end is missing; it is sent as it is")
		}
	}
	return nil
}

// pasted finds the first character that looks like one of an identifier and is none: a
// dash, a quote or a letter of a document.
func pasted(value string) *Flaw {
	for i, r := range []rune(value) {
		if r > unicode.MaxASCII {
			return wrong(fmt.Sprintf("character %d is %#U, which no identifier has", i+1, r),
				"write it again with plain letters, digits and hyphens: a document or a chat has changed it")
		}
	}
	return nil
}

// ownerOf tells what an identifier is of, "" when its prefix is not known.
func ownerOf(id string) string {
	prefix, _, dash := strings.Cut(id, "-")
	if !dash {
		return ""
	}
	return owners[strings.ToUpper(prefix)]
}

// parseRouteName takes the name of a route, of a field that has one. It is found among the account's later, when the
// API has told them.
func parseRouteName(f *Field, name string) (string, *Flaw) {
	switch {
	case f.Route == "":
		return "", wrong("only a route can be named", "write the id of the "+f.Name)
	case name == "":
		return "", wrong("there is no name", "write "+NamePrefix+" and the name of a route, or the route's id")
	}
	return NamePrefix + name, nil
}
