package disk

import "io/fs"

// foreign knows no owners: Windows keeps others out of the folder.
func foreign(fs.FileInfo) (owner string, is bool) { return "", false }

// Links is how many names a file has.
func Links(fs.FileInfo) uint64 { return 1 }

// Writable reports whether files can be made in a folder; that is seen when they
// are.
func Writable(string) bool { return true }

// SyncDir does nothing: Windows has no way to sync a folder, and its file
// system keeps the entries in its own log.
func SyncDir(string) error { return nil }
