package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/internal/safefile"
)

// standardInput is what people call "-".
const standardInput = "standard input"

// inputFlags are the flags of commands that read a file of rows.
type inputFlags struct {
	options input.Options
	columns []string
}

func (f *inputFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	parsedVar(flags, &f.options.Format, "input-format", "", "csv|jsonl", "the format of the file (default: by its content)", input.ParseFormat)
	parsedVar(flags, &f.options.Delimiter, "delimiter", "", "CHAR", "the character between cells (default: by the header)", parseDelimiter)
	flags.StringVar(&f.options.Encoding, option.Encoding, "", "`NAME` of the character encoding, such as windows-1252 (default: UTF-8, or UTF-16 by its mark)")
	flags.StringArrayVar(&f.columns, option.Map, nil, "read a column under another name: `COLUMN=FIELD`, as in 'Phone=Number'; repeatable")
	flags.StringArrayVar(&f.options.Ignore, option.IgnoreColumn, nil, "do not read the column of this `NAME`; repeatable")
	flags.BoolVar(&f.options.AllowClear, option.AllowClear, false, "let <clear> in a text field send an empty value")
	flags.BoolVar(&f.options.AllowPartialLastLine, option.AllowPartialLastLine, false, "accept a file that seems to have been cut off in its last line")
	flags.BoolVar(&f.options.AllowSharedICCID, option.AllowSharedICCID, false, "let rows of several numbers set one ICCID, and SIMs go round between numbers")
	mustBeAsked(flags, option.AllowClear, option.AllowPartialLastLine, option.AllowSharedICCID)
}

// resolve returns the options with what the flags say together.
func (f *inputFlags) resolve() (input.Options, error) {
	f.options.Map = map[string]string{}
	for _, pair := range f.columns {
		from, to, ok := strings.Cut(pair, "=")
		if !ok || strings.TrimSpace(from) == "" || strings.TrimSpace(to) == "" {
			return f.options, &usageError{fmt.Errorf("--map %q: not of the form 'Phone=Number'", pair)}
		}
		f.options.Map[strings.TrimSpace(from)] = strings.TrimSpace(to)
	}
	return f.options, nil
}

// parseDelimiter reads one character, or its name.
func parseDelimiter(text string) (rune, error) {
	switch strings.ToLower(text) {
	case "tab", `\t`:
		return '\t', nil
	case "comma":
		return ',', nil
	case "semicolon":
		return ';', nil
	}
	runes := []rune(text)
	if len(runes) != 1 || strings.ContainsRune("\"\r\n\ufffd", runes[0]) {
		return 0, fmt.Errorf("%q is not one character: use , or ; or tab", text)
	}
	return runes[0], nil
}

// openInput returns the input and what people call it.
func openInput(ctx context.Context, a *app, path string) (io.ReadCloser, string, error) {
	name := path
	if path == "-" {
		name = standardInput
	}
	switch {
	case a.input != nil:
		part, err := a.input()
		return part, name, err
	case path == "-":
		return io.NopCloser(a.In), name, nil
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", path)
	}
	if err != nil {
		return nil, "", &configError{err: err, hint: "FILE is a CSV or JSONL file, or - for standard input"}
	}
	file, err := safefile.OpenInput(ctx, path)
	if err != nil {
		return nil, "", &configError{err: err, hint: "FILE is a CSV or JSONL file, or - for standard input"}
	}
	return file, path, nil
}

// rereadable is an input that can be read twice: what is no plain file is kept in memory. One
// that does not end is left behind when the context ends.
func rereadable(ctx context.Context, source io.Reader) (io.ReadSeeker, error) {
	if file, ok := source.(io.ReadSeeker); ok {
		if _, err := file.Seek(0, io.SeekCurrent); err == nil {
			return file, nil
		}
	}
	type outcome struct {
		content []byte
		err     error
	}
	done := make(chan outcome, 1)
	go func() {
		content, err := io.ReadAll(source)
		done <- outcome{content, err}
	}()
	select {
	case o := <-done:
		return bytes.NewReader(o.content), o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// jobOf is the job of an input when none is named: the absolute path of its file, with links
// as they are, or none. What another process gives has no name of its own.
func jobOf(path string) string {
	whole, err := filepath.Abs(path)
	info, missing := os.Stat(path)
	stream := path == "-" || err != nil || missing == nil && !info.Mode().IsRegular() ||
		whole == "/dev/stdin" || strings.HasPrefix(whole, "/dev/fd/") || strings.HasPrefix(whole, "/proc/")
	if stream {
		return ""
	}
	return whole
}
