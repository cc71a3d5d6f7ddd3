package sqlite

import "io/fs"

// foreign knows no owners: Windows keeps others out of the folder.
func foreign(fs.FileInfo) (owner string, is bool) { return "", false }

// names is how many names a file has.
func names(fs.FileInfo) uint64 { return 1 }

// writable reports whether files can be made in a folder; that is seen when they
// are.
func writable(string) bool { return true }
