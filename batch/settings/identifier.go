package settings

import (
	"fmt"
	"slices"
	"strings"
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

// placeholders are what databases and scripts write for "no value".
var placeholders = []string{"null", "none", "nil", "nan", "n/a", "na", "undefined", "-", "--"}

// parseIdentifier takes every identifier but one that is known to be of
// something else.
func parseIdentifier(f Field, value string) (string, *Flaw) {
	if flaw := unusable(value); flaw != nil {
		return "", flaw
	}
	if slices.Contains(placeholders, strings.ToLower(value)) {
		return "", wrong("stands for no value",
			fmt.Sprintf("leave the cell blank to keep the %s as it is, or write %s to remove it", f.Name, Clear))
	}
	if strings.ContainsFunc(value, unicode.IsSpace) {
		return "", wrong("contains a space", "an identifier has none: remove it")
	}
	prefix, _, _ := strings.Cut(strings.ToUpper(value), "-")
	if owner := ownerOf(value); owner != "" && !slices.Contains(f.Prefixes, prefix) {
		return "", wrong("this is the id of "+owner, fmt.Sprintf("the id in %s starts with %s-", f.Name, f.Prefixes[0]))
	}
	return value, nil
}

// ownerOf tells what an identifier is of, "" when its prefix is not known.
func ownerOf(id string) string {
	prefix, _, dash := strings.Cut(id, "-")
	if !dash {
		return ""
	}
	return owners[strings.ToUpper(prefix)]
}
