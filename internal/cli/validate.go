package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/input"
)

// verdict is what validate says, also as JSON.
type verdict struct {
	// Version is the version of this document.
	Version  int    `json:"version"`
	File     string `json:"file"`
	Readable bool   `json:"readable"`
	input.Counts
	Problems []input.Problem `json:"problems"`
}

func (a *app) validate() *cobra.Command {
	var flags inputFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "validate FILE",
		Short: "Check a file offline and say what is wrong with it",
		Long: `Read the whole of FILE (CSV or JSONL; - for standard input), check every row, and
tell every mistake with its line, column, value and cure. Nothing is sent, and
no credentials are needed. Exit code 3 when a row is invalid.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := flags.resolve()
			if err != nil {
				return err
			}
			return a.runValidate(cmd.Context(), args[0], options, asJSON)
		},
	}
	flags.define(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print all of it as one JSON document")
	return cmd
}

func (a *app) runValidate(ctx context.Context, path string, options input.Options, asJSON bool) error {
	source, name, err := a.open(path)
	if err != nil {
		return err
	}
	defer source.Close()
	if path == "-" {
		path, err = spool(source)
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(path) }()
	}
	list := &problemList{name: name, keepAll: asJSON}
	file, err := input.Check(ctx, path, options, list.add)
	v := verdict{Version: 1, File: name, Readable: err == nil}
	var unreadable *input.FileError
	switch {
	case errors.As(err, &unreadable):
		for _, p := range unreadable.Problems {
			list.add(p)
		}
	case err != nil:
		return err
	default:
		v.Counts = file.Counts()
	}
	v.Problems = list.problems
	if asJSON {
		return errors.Join(v.encode(a.Out), v.failure(list))
	}
	list.show(a.Out)
	fmt.Fprintln(a.Out, v)
	return v.failure(list)
}

// encode writes the verdict as JSON.
func (v verdict) encode(w io.Writer) error {
	if v.Problems == nil {
		v.Problems = []input.Problem{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// String is the verdict in a line.
func (v verdict) String() string {
	if !v.Readable {
		return fmt.Sprintf("%s: cannot be read as a file of rows", v.File)
	}
	return fmt.Sprintf("%s: %d rows: %d valid, %d invalid, %d repeated; %d warnings", v.File, v.Rows, v.Valid, v.Invalid, v.Duplicate, v.Warnings)
}

// failure is the error that the verdict means.
func (v verdict) failure(list *problemList) error {
	switch {
	case !v.Readable:
		return &configError{err: fmt.Errorf("%s: %d mistakes in the file itself", v.File, list.errors)}
	case v.Invalid > 0:
		return &configError{err: fmt.Errorf("%s: %d of %d rows are invalid", v.File, v.Invalid, v.Rows)}
	default:
		return nil
	}
}

// spool puts a stream into a file that can be read twice.
func spool(source io.Reader) (string, error) {
	file, err := os.CreateTemp("", "bulknum-*")
	if err != nil {
		return "", fmt.Errorf("%s: %w", standardInput, err)
	}
	_, err = io.Copy(file, source)
	if err := errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("%s: %w", standardInput, err), os.Remove(file.Name()))
	}
	return file.Name(), nil
}
