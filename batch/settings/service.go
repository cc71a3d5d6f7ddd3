package settings

import (
	"iter"
	"slices"
	"time"
)

// How long changes take until they are in service, by the vendor's guides: a voice route is moved in a cycle of ten
// minutes, a caller's name comes to other carriers within two days. All else is there at once.
const (
	VoiceRouteTakes  = 10 * time.Minute
	CallerNameTakes  = 24 * time.Hour
	CallerNameAtMost = 48 * time.Hour
)

// MoveCalls reports whether changes move the calls of a number to another route.
func MoveCalls(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Field == voiceRoute && c.Companion == "" })
}

// Rename reports whether changes give a number another caller's name.
func Rename(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Field == firstName || c.Field == lastName })
}

// TakeTime reports whether changes of some of these fields are not in service at once.
func TakeTime(fields iter.Seq[string]) bool {
	for name := range fields {
		if c := []Change{{Field: name}}; MoveCalls(c) || Rename(c) {
			return true
		}
	}
	return false
}
