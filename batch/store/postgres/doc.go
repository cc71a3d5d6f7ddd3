// Package postgres is the store in PostgreSQL, for several hosts: they see the same runs and
// the same locks.
//
// An account's lock is an advisory lock of the one session that writes. Taking it raises the account's epoch,
// and an intent is only entered at the epoch at which its account was taken: whoever has lost the account
// records, and so sends, nothing more. A session that was lost is made again, and has all its locks again
// before it goes on; where somebody else had one meanwhile, the writing ends.
package postgres
