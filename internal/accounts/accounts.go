// Package accounts has the files of many accounts: NAME.env has the variables of account NAME, which stand in place of
// the environment's.
package accounts

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/input/nearest"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/words"
)

const (
	// Ext is how the name of an account's file ends.
	Ext = ".env"
	// Fleet is no account's name: in the runs folder, what is of all accounts has it.
	Fleet = "fleet"
	// largest is how many bytes an account's file may have.
	largest = 64 << 10
)

// Account is one of many.
type Account struct {
	Name      string
	path      string
	variables map[string]string
	lines     map[string]int // where they stand
}

// Rules say what the files may have.
type Rules struct {
	// Credentials are the variables of credentials: an account has its own, and none of the environment's.
	Credentials []string
	// Keys are those of which a file must have one.
	Keys []string
	// Sources are all variables that may be given in other forms, as NAME_FILE and NAME_COMMAND.
	Sources []string
	// Check refuses a variable or its value, which is not blank. Its error does not have the value.
	Check func(name, value string) error
}

// name is what an account may be called: it is a file's name, and a folder's.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Names are the accounts that have a file in a folder, in the order of their names.
func Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, is := strings.CutSuffix(e.Name(), Ext); is && name != "" && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no file NAME%s", dir, Ext)
	}
	return names, nil
}

// Read reads and checks the files of some accounts. The error joins all that is wrong with any of them.
func Read(dir string, names []string, rules Rules) ([]*Account, error) {
	var all []*Account
	var wrong []error
	for _, name := range names {
		a, err := read(dir, name)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		all = append(all, a.account)
		wrong = append(wrong, a.check(rules)...)
	}
	return all, errors.Join(wrong...)
}

// Value is that of a variable, if the account has it.
func (a *Account) Value(variable string) (value string, has bool) {
	value, has = a.variables[variable]
	return value, has
}

// Over returns the look-up of variables as an account has them, over that of the environment: with its own, and with no
// credentials but its own.
func (a *Account) Over(environment func(string) (string, bool), rules Rules) func(string) (string, bool) {
	own := map[string]bool{}
	for name := range a.variables {
		own[rules.source(name)] = true
	}
	return func(name string) (string, bool) {
		if value, has := a.variables[name]; has {
			return value, true
		}
		if slices.Contains(rules.Credentials, rules.source(name)) || own[rules.source(name)] {
			return "", false
		}
		return environment(name)
	}
}

// source is the variable of which another one is a form, as NAME of NAME_FILE.
func (r Rules) source(variable string) string {
	for _, ending := range []string{"_FILE", "_COMMAND"} {
		if of, is := strings.CutSuffix(variable, ending); is && slices.Contains(r.Sources, of) {
			return of
		}
	}
	return variable
}

// file is what was read of an account.
type file struct {
	account *Account
	lines   [][]byte
	wrong   []error
}

// read reads the file of an account.
func read(dir, called string) (*file, error) {
	path := filepath.Join(dir, called+Ext)
	if !name.MatchString(called) || called == Fleet {
		return nil, fmt.Errorf("%q cannot be an account's name: letters, digits, . _ and - are, and not %s", called, Fleet)
	}
	content, err := safefile.ReadSmall(path, largest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("account %s: %w%s", called, err, others(dir, called))
	}
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", called, err)
	}
	f := &file{account: &Account{Name: called, path: path, variables: map[string]string{}, lines: map[string]int{}}, lines: bytes.Split(content, []byte("\n"))}
	info, err := os.Stat(path)
	if err == nil && (safefile.OthersRead(info) || safefile.OthersWrite(info)) && !safefile.Fixed(path) {
		f.wrong = append(f.wrong, fmt.Errorf("%s: other users can read it, or change it: chmod 600 %s", path, words.ShellWord(path)))
	}
	return f, nil
}

// others says which accounts there are, or may be meant.
func others(dir, called string) string {
	const most = 10
	names, err := Names(dir)
	if err != nil {
		return ""
	}
	if meant := nearest.Name(called, names); meant != "" {
		return "; is " + meant + " meant?"
	}
	return "; there are " + strings.Join(names[:min(len(names), most)], ", ")
}

// check takes the lines of a file, and returns all that is wrong with it.
func (f *file) check(rules Rules) []error {
	a := f.account
	for n, line := range f.lines {
		if err := a.take(n+1, strings.TrimSpace(string(line)), rules); err != nil {
			f.wrong = append(f.wrong, fmt.Errorf("%s:%d: %w", a.path, n+1, err))
		}
	}
	if !slices.ContainsFunc(rules.Keys, func(key string) bool { return a.lines[key] > 0 }) {
		f.wrong = append(f.wrong, fmt.Errorf("%s: has neither %s", a.path, strings.Join(rules.Keys, " nor ")))
	}
	for _, name := range slices.Sorted(maps.Keys(a.lines)) {
		if of := rules.source(name); of != name && a.lines[of] > 0 {
			f.wrong = append(f.wrong, fmt.Errorf("%s:%d: both %s and %s: use one", a.path, a.lines[name], of, name))
		}
	}
	return f.wrong
}

// variable is what a variable may be called.
var variable = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// take takes the variable of a line, if it has one.
func (a *Account) take(n int, line string, rules Rules) error {
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	name, value, is := strings.Cut(line, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !is || !variable.MatchString(name) {
		return errors.New("not of the form NAME=value, without export before it")
	}
	first := a.lines[name]
	a.lines[name] = cmp.Or(first, n)
	switch {
	case first > 0:
		return fmt.Errorf("%s stands in line %d already", name, first)
	case value == "":
		return fmt.Errorf("%s has no value: write one, or leave the line out", name)
	}
	a.variables[name] = value
	return rules.Check(name, value)
}
