package store

import "time"

// Report is how a store is.
type Report struct {
	Place, ID string
	// Sequence is the last number that was given.
	Sequence int64
	// FileSystem is what it is on, "" where that is another host's; and Database what reads it, with its version.
	FileSystem, Database string
	// Skew is by how much the clock of a database on another host is ahead, and Answer how long an answer from it takes.
	Skew, Answer time.Duration
	// Bytes is the size of the files, and Sizes what of it is of which kind, by
	// table; indexes count to their tables.
	Bytes int64
	Sizes map[string]int64
	// Runs is how many there are, and Oldest when the first of them began. Removed is
	// how many there were besides, that were removed or archived.
	Runs, Removed int
	Oldest        time.Time
	// Marks is how many marks name this store.
	Marks int
	// Warnings is what somebody should know, though all is as it should be.
	Warnings []string
	// Faults is what is not as it should be; none: the store is whole.
	Faults []string
}
