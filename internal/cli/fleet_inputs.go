package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/input/nearest"
	"github.com/bulknum/bulknum/batch/input/split"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/words"
)

// takeInputs finds the file of each account, or makes it of a file that has the rows of all. Only the accounts that have
// one are worked for, from then on. cleanUp removes what was made.
func (f *fleetRun) takeInputs(cmd *cobra.Command, args []string) (cleanUp func(), err error) {
	nothing := func() {}
	switch {
	case f.verb.name() == "export":
		return nothing, os.MkdirAll(f.flags.out, 0o700)
	case !f.verb.file:
		return nothing, nil
	case f.flags.files != "":
		err = f.filesOf()
	default:
		cleanUp, err = f.split(cmd, args[0])
		nothing = cleanUp
	}
	if err != nil {
		return nil, err
	}
	f.accounts = slices.DeleteFunc(f.accounts, func(name string) bool { return f.inputs[name] == "" })
	return nothing, nil
}

// filesOf finds the files of accounts in the folder of --files. One of no account refuses all of them.
func (f *fleetRun) filesOf() error {
	entries, err := os.ReadDir(f.flags.files)
	if err != nil {
		return &configError{err: fmt.Errorf("--%s: %w", filesFlag, err), hint: "give the folder that has a file NAME.csv for each account"}
	}
	f.inputs = map[string]string{}
	var wrong []error
	for _, e := range entries {
		path := filepath.Join(f.flags.files, e.Name())
		if strings.HasPrefix(e.Name(), ".") || e.IsDir() {
			continue
		}
		name := f.accountOf(e.Name())
		switch {
		case name == "":
			problem := fmt.Errorf("%s: there is no such account", path)
			if near := nearest.Name(strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())), f.accounts); near != "" {
				problem = fmt.Errorf("%w; is %s meant?", problem, near)
			}
			wrong = append(wrong, problem)
		case f.inputs[name] != "":
			wrong = append(wrong, fmt.Errorf("%s: account %s has %s, too", path, name, f.inputs[name]))
		default:
			f.inputs[name] = path
		}
	}
	if len(f.inputs) == 0 && wrong == nil {
		wrong = append(wrong, fmt.Errorf("%s has no file NAME.csv of an account", f.flags.files))
	}
	if wrong != nil {
		return &configError{err: errors.Join(wrong...), hint: "nothing of the folder is taken"}
	}
	return nil
}

// accountOf is the account of a file's name, which may have several endings; "": none.
func (f *fleetRun) accountOf(file string) string {
	for name, found := file, true; found; {
		at := strings.LastIndexByte(name, '.')
		if found = at > 0; found {
			name = name[:at]
		}
		if slices.Contains(f.accounts, name) && found {
			return name
		}
	}
	return ""
}

// split makes a file for each account of one that has the rows of all.
func (f *fleetRun) split(cmd *cobra.Command, path string) (cleanUp func(), err error) {
	dir, err := os.MkdirTemp(f.dir, "rows-")
	if err != nil {
		return nil, inRunsFolder(err)
	}
	cleanUp = func() { _ = os.RemoveAll(dir) }
	how, err := f.inputOptions()
	whole := path
	f.path = path
	if err == nil {
		whole, err = f.whole(cmd, path, dir)
	}
	if err == nil {
		err = f.splitInto(cmd, whole, dir, how)
	}
	if unreadable, is := errors.AsType[*input.FileError](err); is {
		err = f.nobodys(unreadable)
	}
	if err == nil && len(f.inputs) == 0 {
		err = &configError{err: fmt.Errorf("%s: there are no rows", path), hint: "see whether the export that made it was complete"}
	}
	if err != nil {
		cleanUp()
	}
	return cleanUp, err
}

// inputOptions say how the file is read, by the flags that were given.
func (f *fleetRun) inputOptions() (input.Options, error) {
	var options inputFlags
	reads := &cobra.Command{}
	options.define(reads)
	for _, flag := range f.given {
		if reads.Flags().Lookup(flag.Name) == nil {
			continue
		}
		for _, given := range valuesGiven(flag) {
			_, value, _ := strings.Cut(given, "=")
			if err := reads.Flags().Set(flag.Name, value); err != nil {
				return input.Options{}, &usageError{err}
			}
		}
	}
	return options.resolve()
}

// whole is the path of a file that can be read several times: what another process writes is copied into a folder.
func (f *fleetRun) whole(cmd *cobra.Command, path, dir string) (string, error) {
	source, _, err := openInput(cmd.Context(), f.app, path)
	if err != nil {
		return "", err
	}
	if jobOf(path) != "" {
		return path, source.Close()
	}
	whole := filepath.Join(dir, "whole")
	err = safefile.Replace(whole, safefile.OwnerOnly, func(w io.Writer) error {
		_, err := io.Copy(w, source)
		return err
	})
	return whole, errors.Join(err, source.Close())
}

// splitInto splits a file into one for each account, in a folder.
func (f *fleetRun) splitInto(cmd *cobra.Command, whole, dir string, how input.Options) error {
	var open []io.Closer
	f.inputs = map[string]string{}
	_, err := split.File(cmd.Context(), whole, split.Options{Input: how, Accounts: f.accounts, Create: func(account string) (io.Writer, error) {
		f.inputs[account] = filepath.Join(dir, account+".rows")
		file, err := safefile.OpenOwn(f.inputs[account], os.O_WRONLY|os.O_CREATE|os.O_EXCL, safefile.OwnerOnly)
		if err == nil {
			open = append(open, file)
		}
		return file, err
	}})
	for _, file := range open {
		err = errors.Join(err, file.Close())
	}
	return err
}

// nobodys tells what is wrong with the file of all accounts, each kind of it once, and is the error of that.
func (f *fleetRun) nobodys(unreadable *input.FileError) error {
	list := &problemList{name: f.path, apart: split.Column}
	for _, p := range unreadable.Problems {
		list.add(p)
	}
	list.showFor(f.app.line, unreadable)
	hint := "nothing of the file was taken: correct it, or add what is missing to the accounts"
	if is := unreadable.Problems; len(is) == 1 && is[0].Hint != "" {
		hint = words.Hint(is[0]) + " " + words.Capital(hint)
	}
	return &configError{err: unreadable, hint: hint}
}
