package settings

import "strings"

// Explained is what the check of a field says of a value that is not taken for a common one.
func Explained(f *Field, value string) (string, *Flaw) { return f.check(f, strings.TrimSpace(value)) }

// Plain reports whether a value is a common one of the field.
func Plain(f *Field, value string) bool { return f.plain(f, value) }

// UUIDBehind reports whether the own part of an identifier is a UUID.
var UUIDBehind = uuidBehind
