// Package rundir is the folder of one run on disk: the copy of its input, the
// journal, the list of requests and the reports.
//
// The package knows how things are kept, not what they mean: the journal is a
// log of JSON objects whose contents belong to the package batch. What it
// promises is that [Journal.Append] returns only when the record is on the
// disk, that [Replay] gives back exactly what was appended, and that
// [Dir.WriteAtomic] replaces a file wholly or not at all.
//
// Folders are 0700 and files 0600, because phone numbers and names are
// personal data.
package rundir
