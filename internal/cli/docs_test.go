package cli

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// top is the project's folder.
const top = "../.."

// documents are what people read of the project, by their paths in it.
func documents(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("of the documents only %q are found: %v", paths, err)
	}
	found := map[string]string{}
	for _, path := range append(paths, filepath.Join(top, "README.md"), filepath.Join(top, "CONTRIBUTING.md")) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(top, path)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = string(content)
	}
	return found
}

// spoken are the commands in a document: lines of code, and code in the text.
func spoken(content string) []string {
	var commands []string
	add := func(line string) {
		line, _, _ = strings.Cut(line, " # ")
		for part := range strings.SplitSeq(strings.ReplaceAll(line, "&&", "|"), "|") {
			words := strings.Fields(part)
			if i := slices.Index(words, "bulknum"); i >= 0 && i+1 < len(words) && words[i+1] != "COMMAND" {
				commands = append(commands, strings.Join(words[i+1:], " "))
			} else if len(words) > 3 && words[0] == "go" && words[1] == "run" && words[2] == "." {
				commands = append(commands, strings.Join(words[3:], " "))
			}
		}
	}
	fenced := false
	for line := range strings.Lines(content) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		case !fenced && strings.HasPrefix(line, "    "):
			add(strings.TrimSpace(line))
		}
	}
	text := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(content, "")
	for _, code := range regexp.MustCompile("`(bulknum [^`]+)`").FindAllStringSubmatch(text, -1) {
		add(strings.ReplaceAll(code[1], "\n", " "))
	}
	return commands
}

// Each command that a document shows is one, with flags that it has and values that these take.
func TestCommandsInDocumentsAreRight(t *testing.T) {
	total := 0
	for name, content := range documents(t) {
		for _, line := range spoken(content) {
			total++
			var args []string
			for word := range strings.FieldsSeq(inQuotes.ReplaceAllStringFunc(line, func(s string) string {
				return strings.ReplaceAll(strings.Trim(s, `'"`), " ", "_")
			})) {
				if strings.ContainsAny(word, "<>") && !strings.Contains(word, "=<") || word == "…" {
					break // where its output goes, or what may follow
				}
				args = append(args, strings.Trim(word, ";"))
			}
			root := newRoot(&app{Streams: Streams{LookupEnv: func(string) (string, bool) { return "", false }}}, nil)
			root.InitDefaultHelpCmd()
			root.InitDefaultCompletionCmd()
			cmd, rest, err := root.Find(args)
			if err == nil && cmd == root && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
				t.Errorf("%s: bulknum %s: there is no such command", name, line)
				continue
			}
			if err != nil {
				t.Errorf("%s: bulknum %s: %v", name, line, err)
				continue
			}
			cmd.SetOut(io.Discard)
			if err := cmd.ParseFlags(rest); err != nil {
				t.Errorf("%s: bulknum %s: %v", name, line, err)
			}
			if cmd.HasSubCommands() && cmd != root && cmd.Name() != "plan" && cmd.Flags().NArg() > 0 { // plan takes a file too
				t.Errorf("%s: bulknum %s: it has no such command", name, line)
			}
		}
	}
	if total < 60 {
		t.Errorf("only %d commands are found", total)
	}
}

// inQuotes is a word of a shell that may have blanks in it.
var inQuotes = regexp.MustCompile(`'[^']*'|"[^"]*"`)

// A flag that a document names is one of some command, or of the tools that it is about.
func TestFlagsInDocumentsExist(t *testing.T) {
	known := map[string]bool{"help": true, "version": true, "unix-socket": true, "color": true}
	everyCommand(t, nil, func(_ *app, cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
	})
	for name, content := range documents(t) {
		if name == "CONTRIBUTING.md" {
			continue
		}
		for _, flag := range regexp.MustCompile("`--([a-z][a-z-]*)").FindAllStringSubmatch(content, -1) {
			if !known[flag[1]] {
				t.Errorf("%s: no command has --%s", name, flag[1])
			}
		}
	}
}

// Each link between documents leads to a file, and to a heading in it.
func TestLinksInDocumentsLead(t *testing.T) {
	all := documents(t)
	for name, content := range all {
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(content, -1) {
			target, anchor, _ := strings.Cut(link[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			path := name
			if target != "" {
				path = filepath.Join(filepath.Dir(name), target)
			}
			if _, err := os.Stat(filepath.Join(top, path)); err != nil {
				t.Errorf("%s: %s leads nowhere", name, link[1])
			} else if anchor != "" && !slices.Contains(anchors(all[path]), anchor) {
				t.Errorf("%s: %s: %s has no such heading", name, link[1], path)
			}
		}
	}
}

// anchors are the names that headings of a document have in links, as forges make them.
func anchors(content string) []string {
	var names []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(content, -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			default:
				return -1
			}
		}, heading[1])
		names = append(names, name)
	}
	return names
}

// A message that docs/troubleshooting.md explains is one that the program has.
func TestMessagesInTroubleshootingExist(t *testing.T) {
	var source strings.Builder
	err := filepath.WalkDir(top, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		source.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	messages := regexp.MustCompile("(?m)^\\| `([^`]* [^`]*)`").FindAllStringSubmatch(documents(t)["docs/troubleshooting.md"], -1)
	if len(messages) < 15 {
		t.Fatalf("only %d messages are found", len(messages))
	}
	for _, message := range messages {
		if !strings.Contains(source.String(), message[1]) {
			t.Errorf("the program does not say %q", message[1])
		}
	}
}
