// Package sqlite is the [store.Store] in one SQLite database in the runs folder, for the
// processes of one user on one host.
//
// # Nobody else opens the file
//
// SQLite's locks are POSIX locks, which a process loses as soon as it closes any
// descriptor of the file. So nothing here opens bulknum.db or what SQLite keeps
// beside it: owner, mode, inode and file system come from lstat and statfs, and
// the identity of the database is asked of SQLite.
//
// # Writing
//
// One goroutine has the one connection that writes. It commits all that waits in
// one transaction, synced, and only then tells those who wait. The first failure
// that is no mere waiting for another process ends it: after a failed sync a
// repeated commit may succeed falsely.
//
// # Marks
//
// Beside the lock of an account, outside the runs folder, a mark tells how far
// which store was. A store that is behind its mark has lost records: see mark.go.
//
// # Contexts and errors
//
// Those of batch/store. Errors of files are as the system has them: one that matches [fs.ErrNotExist] or [fs.ErrExist]
// tells that there is no such file, or one already. The end of ctx leaves no half of a file behind.
package sqlite
