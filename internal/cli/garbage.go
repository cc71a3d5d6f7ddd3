package cli

import "runtime/debug"

// How much garbage there may be, in percent of the memory in use: by Go's own default, and where something is kept of each
// row. That has hardly any pointers, so that to look through it twice as often costs next to nothing.
const (
	garbageByDefault = 100
	garbageOfRows    = 50
)

// sparing lets a command, or a part of it, take less memory, until the end of it, unless GOGC says how much garbage there
// may be.
func sparing() (end func()) {
	before := debug.SetGCPercent(garbageOfRows)
	if before != garbageByDefault {
		debug.SetGCPercent(before)
	}
	return func() { debug.SetGCPercent(before) }
}
