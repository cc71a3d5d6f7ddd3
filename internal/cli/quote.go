package cli

import "github.com/bulknum/bulknum/report/words"

// quote makes a word safe to be pasted into a shell.
func quote(word string) string { return words.ShellWord(word) }
