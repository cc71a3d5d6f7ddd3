// Command man writes the man pages of bulknum into a folder, one a command, from the commands' own help.
//
// The date on them is SOURCE_DATE_EPOCH's when it is set, so that the same source gives the same pages.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/internal/cli"
)

func main() {
	if err := write(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "man:", err)
		os.Exit(1)
	}
}

func write(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: man DIR")
	}
	if err := os.MkdirAll(args[0], 0o750); err != nil {
		return err
	}
	root := cli.New(cli.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	root.DisableAutoGenTag = true
	escape(root)
	header := &doc.GenManHeader{Section: "1", Source: "bulknum", Manual: "bulknum manual"}
	return doc.GenManTree(root, header, args[0])
}

// escape keeps words such as <clear> in the help of a command and of those below it. The pages are made by way of
// Markdown, which takes them for HTML and drops them.
func escape(c *cobra.Command) {
	tags := strings.NewReplacer("<", `\<`)
	c.Short, c.Long = tags.Replace(c.Short), tags.Replace(c.Long)
	c.LocalFlags().VisitAll(func(f *pflag.Flag) { f.Usage = tags.Replace(f.Usage) })
	for _, sub := range c.Commands() {
		escape(sub)
	}
}
