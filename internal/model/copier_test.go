package model

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/testextent"
)

// copierVariable makes this binary the process that copies folders. Copying in our
// own process would open and close files on which the operation under test may hold
// locks, and a POSIX lock ends with the first close.
const copierVariable = "MODEL_COPIER"

func TestMain(m *testing.M) {
	if os.Getenv(copierVariable) != "" {
		copyAll(os.Stdin, os.Stdout)
		return
	}
	flag.Parse()
	if err := choose(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	runtime.GOMAXPROCS(1) // goroutines then take turns nearly the same way each time
	os.Exit(pgtest.Main(func() int { return testextent.InMemory(m.Run) }))
}

// copier is the child process. A bubble waits for it in real time.
type copier struct {
	to      io.WriteCloser
	answers *bufio.Scanner
	command *exec.Cmd
}

// newCopier must be called outside the bubble.
func newCopier(t *testing.T) *copier {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), copierVariable+"=1")
	command.Stderr = os.Stderr
	to, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	from, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = to.Close()
		_ = command.Wait() // the context has ended it, or its input
	})
	return &copier{to: to, answers: bufio.NewScanner(from), command: command}
}

// copy copies a folder to a place where there is none.
func (c *copier) copy(from, to string) error { return c.ask("copy", from, to) }

// harm damages a file.
func (c *copier) harm(path string, b Byte) error {
	return c.ask("harm", path, fmt.Sprintf("%d %d %q", b.At, b.Mask, string(b.Harm)))
}

func (c *copier) ask(what, file, how string) error {
	if _, err := fmt.Fprintf(c.to, "%q %q %q\n", what, file, how); err != nil {
		return err
	}
	if !c.answers.Scan() {
		return fmt.Errorf("the copier has ended: %w", c.answers.Err())
	}
	if answer := c.answers.Text(); answer != "" {
		return fmt.Errorf("%s: %s", what, answer)
	}
	return nil
}

// copyAll answers each request with an empty line, or what went wrong.
func copyAll(requests io.Reader, answers io.Writer) {
	for lines := bufio.NewScanner(requests); lines.Scan(); {
		var what, file, how string
		_, err := fmt.Sscanf(lines.Text(), "%q %q %q", &what, &file, &how)
		switch {
		case err != nil:
		case what == "harm":
			err = harmFile(file, how)
		default:
			err = copyFolder(file, how)
		}
		text := ""
		if err != nil {
			text = strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		fmt.Fprintln(answers, text)
	}
}

// harmFile damages a file, if it has a byte.
func harmFile(path, how string) error {
	var at, mask int
	var harm string
	if _, err := fmt.Sscanf(how, "%d %d %q", &at, &mask, &harm); err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil || len(content) == 0 {
		return err
	}
	at = len(content) * at / 10_000
	switch Harm(harm) {
	case Cut:
		content = content[:at]
	case Overwritten:
		for i := range len(content) / 2 {
			content[(at+i)%len(content)] = byte(7 * i)
		}
	case Emptied:
		content = nil
	default:
		content[at] ^= byte(mask)
	}
	return os.WriteFile(path, content, 0o600)
}

// copyFolder copies files with their modes and times. What they say of their place
// goes with them: a process that was killed lies where it was.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if entry.IsDir() {
			return os.Mkdir(target, info.Mode().Perm())
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			leads, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(leads, target)
		}
		if !info.Mode().IsRegular() {
			return nil // a socket has no content
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".mark") {
			content = bytes.ReplaceAll(content, []byte(from), []byte(to))
		}
		if err := os.WriteFile(target, content, info.Mode().Perm()); err != nil {
			return err
		}
		return os.Chtimes(target, info.ModTime(), info.ModTime())
	})
}

// choose sets from which seed histories are drawn. They are always the same ones
// unless others are asked for: a net that fails now and then for a fault that was
// there before helps nobody who changes something else.
func choose() error {
	if flag.Lookup("rapid.failfile").Value.String() != "" {
		return nil
	}
	set := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { set[f.Name] = true })
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.nofailfile": "true"} {
		if !set[name] {
			if err := flag.Set(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}
