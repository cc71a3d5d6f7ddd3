package safefile

import "io/fs"

// Foreign knows no owners: Windows keeps others out of the folder.
func Foreign(fs.FileInfo) (owner string, is bool) { return "", false }

// SameOwner knows no owners.
func SameOwner(fs.FileInfo, fs.FileInfo) bool { return true }

// OthersWrite knows no modes: Windows keeps others out of the folder.
func OthersWrite(fs.FileInfo) bool { return false }

// OthersRead knows no modes.
func OthersRead(fs.FileInfo) bool { return false }

// Links is how many names a file has.
func Links(fs.FileInfo) uint64 { return 1 }

// Writable reports whether files can be made in a folder; that is seen when they
// are.
func Writable(string) bool { return true }
