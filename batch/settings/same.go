package settings

import "strings"

// Same reports whether two values of the field mean the same, however they are
// spelled: an enumeration in any case, yes and true, an ICCID with or without
// its filler, an identifier with the prefix of today or of old, a UUID in any case.
func (f *Field) Same(a, b string) bool {
	return a == b || f.meaning(f, a) == f.meaning(f, b)
}

// Meaning is the spelling of a value in which all are equal that mean the same.
func (f *Field) Meaning(value string) string { return f.meaning(f, value) }

// sameWord takes the spelling of the table. A word that the table does not have
// stays as it is.
func sameWord(f *Field, value string) string {
	if known, flaw := f.Parse(value); flaw == nil {
		return known
	}
	return strings.TrimSpace(value)
}

// sameText ignores the blanks around a text.
func sameText(_ *Field, value string) string { return strings.TrimSpace(value) }

// sameICCID ignores the filler, which makes an odd number of digits fill whole
// bytes on the SIM (ITU-T E.118) and which the API adds by itself.
func sameICCID(_ *Field, value string) string {
	return strings.TrimRight(strings.TrimSpace(value), "Ff")
}

// uuidBehind reports whether the own part of an identifier, behind letters and a hyphen, is a UUID, of which case means
// nothing (RFC 9562 section 4). Of others the API tells apart what differs in case.
func uuidBehind(value string) bool {
	hyphen := len(value) - uuidLength - 1
	if hyphen < 1 || value[hyphen] != '-' || !all(value[:hyphen], ofWord) {
		return false
	}
	for i := range uuidLength {
		switch c := value[hyphen+1+i]; i {
		case 8, 13, 18, 23: // by its form in text, 8-4-4-4-12
			if c != '-' {
				return false
			}
		default:
			if classes[c]&ofHex == 0 {
				return false
			}
		}
	}
	return true
}

// sameIdentifier writes the prefix that is current. What follows a prefix is
// the same under the older one.
func sameIdentifier(f *Field, value string) string {
	value = strings.TrimSpace(value)
	if uuidBehind(value) {
		value = strings.ToUpper(value)
	}
	for _, old := range f.Prefixes[1:] {
		if id, found := strings.CutPrefix(value, old+"-"); found {
			return f.Prefixes[0] + "-" + id
		}
	}
	return value
}
