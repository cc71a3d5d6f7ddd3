package durability

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// traced are the system calls by which the content of a disk and of sockets is
// changed, and those that tell which file is meant. Those with a ? are not on
// every processor.
const traced = "openat,?open,?creat,close,dup,?dup2,dup3,lseek,write,writev,pwrite64,pwritev,pwritev2,sendfile,splice,copy_file_range," +
	"fsync,fdatasync,sync,syncfs,sync_file_range,ftruncate,truncate,fallocate,unlinkat,?unlink,?rename,?renameat,renameat2," +
	"mkdirat,?mkdir,?rmdir,linkat,?link,symlinkat,?symlink"

// call is a system call that has succeeded.
type call struct {
	name string
	args []string
	ret  int
	// begun and ended are the lines of the trace at which it was.
	begun, ended int
}

// The forms of a line: a whole call, its first part, its second one.
var (
	wholeCall = regexp.MustCompile(`^(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+)(?:<[^>]*>)?( .*)?$`)
	firstPart = regexp.MustCompile(`^(\d+)\s+(\w+\(.*) <unfinished \.\.\.>$`)
	// A kill leaves calls of which nobody knows whether they were done.
	killedCall = regexp.MustCompile(`^(\d+)\s+(write|pwrite64)\((.*)\)\s+= \?`)
	killedPart = regexp.MustCompile(`^(write|pwrite64)\((.*)$`)
	lastPart   = regexp.MustCompile(`^(\d+)\s+<\.\.\. \w+ resumed>(.*)$`)
)

// readTrace reads what strace has written with -f, -y and -xx, in the order in
// which the calls have ended. from is the number of its first line. Writes during
// which the program was killed count as done: what has to be sent had left.
func readTrace(r io.Reader, from int) (calls []call, lines int, err error) {
	t := trace{line: from, parts: map[string]part{}}
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = t.add(strings.TrimSuffix(line, "\n"))
		}
		if err != nil {
			return nil, 0, fmt.Errorf("line %d of the trace: %w", t.line, err)
		}
		t.line++
	}
	for _, p := range t.parts {
		if m := killedPart.FindStringSubmatch(p.text); m != nil {
			t.addKilled(m[1], m[2], p.begun)
		}
	}
	return t.calls, t.line, nil
}

// trace is what was read by now.
type trace struct {
	line  int
	calls []call
	parts map[string]part // by thread
}

// part is the first part of a call.
type part struct {
	text  string
	begun int
}

func (t *trace) add(line string) error {
	begun := t.line
	if m := firstPart.FindStringSubmatch(line); m != nil {
		t.parts[m[1]] = part{m[2], begun}
		return nil
	}
	if m := lastPart.FindStringSubmatch(line); m != nil {
		p := t.parts[m[1]]
		delete(t.parts, m[1])
		line, begun = m[1]+" "+p.text+m[2], p.begun
	}
	if m := killedCall.FindStringSubmatch(line); m != nil {
		t.addKilled(m[2], m[3], begun)
		return nil
	}
	m := wholeCall.FindStringSubmatch(line)
	if m == nil {
		return nil // a signal, an end
	}
	ret, err := strconv.Atoi(m[4])
	if err != nil || ret < 0 {
		return err
	}
	t.calls = append(t.calls, call{name: m[2], args: strings.Split(m[3], ", "), ret: ret, begun: begun, ended: t.line})
	return nil
}

func (t *trace) addKilled(name, args string, begun int) {
	c := call{name: name, args: strings.Split(args, ", "), begun: begun, ended: t.line}
	if n, err := c.number(2); err == nil {
		c.ret = int(n)
		t.calls = append(t.calls, c)
	}
}

// number is an argument that is a number, or a file descriptor with its path.
func (c call) number(arg int) (int64, error) {
	text, _, _ := strings.Cut(c.args[arg], "<")
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: argument %d of %v: %w", c.name, arg, c.args, err)
	}
	return n, nil
}

// flag reports whether an argument has a flag.
func (c call) flag(arg int, name string) bool {
	return arg < len(c.args) && slices.Contains(strings.Split(c.args[arg], "|"), name)
}

// bytes is an argument that is a text.
func (c call) bytes(arg int) ([]byte, error) {
	text := c.args[arg]
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return nil, fmt.Errorf("%s: argument %d is no whole text: %.80s", c.name, arg, text)
	}
	return unescape(text[1 : len(text)-1])
}

func unescape(text string) ([]byte, error) {
	return hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
}

// within is the folder that an argument such as AT_FDCWD<…> names.
func (c call) within(arg int) (string, error) {
	_, path, _ := strings.Cut(c.args[arg], "<")
	dir, err := unescape(strings.TrimSuffix(path, ">"))
	return string(dir), err
}
