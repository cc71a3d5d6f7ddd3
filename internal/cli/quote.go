package cli

import "github.com/bulknum/bulknum/report"

// quote makes a word safe to be pasted into a shell.
func quote(word string) string { return report.ShellWord(word) }
