// Package store is the store of all runs there have been, as an interface: what each was
// to do, what left for the API, and what became of it. Whoever wants to know what was
// done to a number asks here, and nowhere else.
//
// [Store] is the interface; batch/store/sqlite is a database in the runs folder
// for one host. The way of a row is
//
//	NewRun -> Append(Reading…) -> Append(PlanBlock…, Milestone plan)
//	  -> Append(Intent) -> the request leaves -> Append(Result)
//
// and what stands in the way of an Append stops the run: nothing leaves that is
// not recorded.
//
// # Order
//
// Deeds are ordered by a [Sequence], not by clocks: each record takes the next
// number of the store when it is committed, and no number is used again. Times
// are for people.
//
// # Accounts
//
// An [Account] is who the API says it is, not the key that somebody used: two
// keys of one account share its runs, its protection and its lock. The address
// of the API is normalised here, once.
//
// # Contexts and errors
//
// The end of ctx ends what reads or waits, with its cause; what was appended is recorded or not, as a whole. A run that is not there
// matches [ErrNotFound]; a [RefusedError] is a store that is not to be used, a [DamagedError] one with records that are
// not as they were written, a [LockedError] what others hold, and a [BrokenError] the end of all recording.
package store
