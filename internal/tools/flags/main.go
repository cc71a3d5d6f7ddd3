// Command flags writes docs/flags.md: all commands with their flags, on one page, from the commands' own help.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/bulknum/bulknum/internal/cli"
)

func main() {
	if err := write(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "flags:", err)
		os.Exit(1)
	}
}

func write(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: flags FILE")
	}
	page, err := page()
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], page, 0o644) //nolint:gosec // a page for everybody
}

// head is what stands above the commands.
const head = `# Commands and flags

Made by ` + "`make docs`" + ` from the commands themselves: ` + "`bulknum COMMAND --help`" + ` says the same.

`

// page is the whole page.
func page() ([]byte, error) {
	root := cli.New(cli.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	root.DisableAutoGenTag = true
	page := bytes.NewBufferString(head)
	err := add(page, root)
	return append(bytes.TrimRight(page.Bytes(), "\n"), '\n'), err
}

// add adds a command, and then those below it.
func add(page *bytes.Buffer, cmd *cobra.Command) error {
	var own bytes.Buffer
	cmd.Long = "```\n" + cmd.Long + "\n```" // it has columns, and words such as <clear>
	if err := doc.GenMarkdownCustom(cmd, &own, anchor); err != nil {
		return err
	}
	page.Write(headings.ReplaceAll(own.Bytes(), []byte("**$1**\n")))
	for _, below := range cmd.Commands() {
		if !below.IsAvailableCommand() || below.IsAdditionalHelpTopicCommand() || below.Name() == "help" || below.Name() == "completion" {
			continue
		}
		if err := add(page, below); err != nil {
			return err
		}
	}
	return nil
}

// headings are those within a command, which would be many and all alike.
var headings = regexp.MustCompile(`(?m)^### (.*)\n`)

// anchor is where on the page a command is, from the name that its own page would have.
func anchor(name string) string {
	return "#" + strings.ReplaceAll(strings.TrimSuffix(name, ".md"), "_", "-")
}
