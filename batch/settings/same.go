package settings

import (
	"regexp"
	"strings"
)

// Same reports whether two values of the field mean the same, however they are
// spelled: an enumeration in any case, yes and true, an ICCID with or without
// its filler, an identifier with the prefix of today or of old, a UUID in any case.
func (f Field) Same(a, b string) bool {
	return a == b || f.meaning(f, a) == f.meaning(f, b)
}

// Meaning is the spelling of a value in which all are equal that mean the same.
func (f Field) Meaning(value string) string { return f.meaning(f, value) }

// sameWord takes the spelling of the table. A word that the table does not have
// stays as it is.
func sameWord(f Field, value string) string {
	if known, flaw := f.Parse(value); flaw == nil {
		return known
	}
	return strings.TrimSpace(value)
}

// sameText ignores the blanks around a text.
func sameText(_ Field, value string) string { return strings.TrimSpace(value) }

// sameICCID ignores the filler, which makes an odd number of digits fill whole
// bytes on the SIM (ITU-T E.118) and which the API adds by itself.
func sameICCID(_ Field, value string) string {
	return strings.TrimRight(strings.TrimSpace(value), "Ff")
}

// uuidBehind is an identifier whose own part is a UUID, of which case means nothing (RFC 9562
// section 4). Of others the API tells apart what differs in case.
var uuidBehind = regexp.MustCompile(`^[A-Za-z]+-[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// sameIdentifier writes the prefix that is current. What follows a prefix is
// the same under the older one.
func sameIdentifier(f Field, value string) string {
	value = strings.TrimSpace(value)
	if uuidBehind.MatchString(value) {
		value = strings.ToUpper(value)
	}
	for _, old := range f.Prefixes[1:] {
		if id, found := strings.CutPrefix(value, old+"-"); found {
			return f.Prefixes[0] + "-" + id
		}
	}
	return value
}
