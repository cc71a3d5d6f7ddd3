package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/internal/safefile"
)

func validateCommand(a *app) *cobra.Command {
	var flags inputFlags
	var asJSON, full bool
	cmd := &cobra.Command{
		Use:   "validate FILE",
		Short: "Check a file offline and say what is wrong with it",
		Long: `Read the whole of FILE (CSV or JSONL; - for standard input), check every row,
and print every mistake with its line, column, value and cure. Nothing is sent,
and no credentials are needed. Exit code 3 when a row is invalid, or when there
are no rows at all. A mistake that is made on many lines is printed once, with
its count and lines; --full prints each.

With --json the output is one JSON document: version, file, and problems, each
with row, line, column, value, message, hint and warning as far as they apply;
then readable, the counts rows, valid, invalid, duplicate and warnings, and
named: in how many rows a route is named (name:EU SMS hub), which plan looks up.
Problems are written while the file is read: where the document breaks off, the
file was not read to its end.`,
		Example: `  bulknum validate nightly.csv
  bulknum validate nightly.csv --json`,
		Args: takesOne("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.resolve()
			if err != nil {
				return err
			}
			return runValidate(cmd.Context(), a, args[0], options, asJSON, full)
		},
	}
	flags.define(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print all of it as one JSON document")
	cmd.Flags().BoolVar(&full, option.Full, false, "print each problem on a line of its own, in place of the first kinds")
	cmd.MarkFlagsMutuallyExclusive("json", option.Full)
	inGroup(cmd.Flags(), outputGroup, "json", option.Full)
	inGroup(cmd.Flags(), inputGroup)
	return cmd
}

func runValidate(ctx context.Context, a *app, path string, options input.Options, asJSON, full bool) error {
	defer sparing()()
	options.Routes = input.NamedLater{}
	source, name, err := openInput(ctx, a, path)
	if err != nil {
		return err
	}
	defer source.Close()
	if path == "-" {
		path, err = spool(ctx, source)
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(path) }()
	}
	var said verdictWriter = &verdictText{out: a.Out, full: full, list: problemList{name: name}}
	if asJSON {
		said = newVerdictJSON(a.Out, name)
	}
	v, err := judge(ctx, path, options, said.add)
	if err != nil {
		return errors.Join(err, said.cut())
	}
	v.File = name
	return errors.Join(said.end(v), v.failure())
}

// judge checks a file and tells its problems, also those of the file itself.
func judge(ctx context.Context, path string, options input.Options, tell func(input.Problem)) (v Verdict, err error) {
	file, err := input.Check(ctx, path, options, tell)
	unreadable, broken := errors.AsType[*input.FileError](err)
	switch {
	case broken:
		for _, p := range unreadable.Problems {
			tell(p)
		}
		return Verdict{mistakes: len(unreadable.Problems)}, nil
	case ctx.Err() != nil:
		return v, context.Cause(ctx)
	case err != nil:
		return v, err
	}
	return Verdict{Readable: true, Counts: file.Counts(), Named: file.Named()}, nil
}

// spool puts a stream into a file that can be read twice. Nothing is left of it
// when the context ends first; a read that waits for input is left behind then.
func spool(ctx context.Context, source io.Reader) (path string, err error) {
	file, err := safefile.Temp("", "bulknum-*")
	if err != nil {
		return "", fmt.Errorf("%s: %w", standardInput, err)
	}
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(file, source)
		copied <- err
	}()
	select {
	case err = <-copied:
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), file.Close(), os.Remove(file.Name()))
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("%s: %w", standardInput, err), os.Remove(file.Name()))
	}
	return file.Name(), nil
}
