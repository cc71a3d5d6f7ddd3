package cli

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/words"
	"github.com/bulknum/bulknum/samples"
)

// newFake returns a sandbox. Its inventory is generated, or that of a file which
// export made: the numbers of the file in their order, and no others.
func newFake(ctx context.Context, s Streams, config sandbox.Config, path string) (*sandbox.Sandbox, error) {
	fake, err := emptyFake(config, path != "")
	if err != nil || path == "" {
		return fake, err
	}
	file, err := stateFile(ctx, s, path)
	if err != nil {
		return nil, err
	}
	for row, err := range file.Rows(ctx) {
		if err != nil {
			return nil, fmt.Errorf("--state: %w", err)
		}
		setting := func(name string) string {
			value, _ := row.Settings.Get(name) // what the row leaves blank is not set
			return value
		}
		if err := fake.Set(row.Number, func(rec *sandbox.Record) {
			*rec = rec.With(setting)
			rec.Status = cmp.Or(row.NumberStatus, rec.Status)
		}); err != nil {
			return nil, fmt.Errorf("--state: %s:%d: %w", path, row.Line, err)
		}
	}
	return fake, nil
}

// emptyFake returns a sandbox without changes; onlyGiven has no number but those that it is given then.
func emptyFake(config sandbox.Config, onlyGiven bool) (*sandbox.Sandbox, error) {
	if onlyGiven {
		config.Numbers, config.OnlyInventory = 0, true
	}
	fake, err := sandbox.New(config)
	if err != nil {
		return nil, &usageError{err}
	}
	return fake, nil
}

// stateFile checks the file of an inventory, and tells what is wrong with it. A
// rehearsal on a part of it would prove nothing. Warnings are of values that are
// in use already, and are not told.
func stateFile(ctx context.Context, s Streams, path string) (*input.File, error) {
	list := &problemList{name: path}
	file, err := input.Check(ctx, path, input.Options{AllowClear: true, AllowSharedICCID: true}, func(p input.Problem) {
		if !p.Warning {
			list.add(p)
		}
	})
	if err != nil {
		return nil, noStateFile(path, err)
	}
	if counts := file.Counts(); counts.Invalid > 0 {
		list.show(s.line)
		return nil, &configError{err: fmt.Errorf("--state %s: %s", path, result.AreInvalid(counts.Invalid, counts.Rows))}
	}
	return file, nil
}

// noStateFile is the error of a file of --state that cannot be read.
func noStateFile(path string, err error) error {
	return &configError{err: fmt.Errorf("--state: %w", err), hint: "make it with: bulknum export > " + words.ShellWord(path)}
}

// sandboxFile is the file in the runs folder that has the numbers and orders of --sandbox: a head, and a journal.
const sandboxFile = "sandbox.jsonl"

// sandboxHead is the first line of [sandboxFile].
type sandboxHead struct {
	// Sandbox is the version of the file's form.
	Sandbox int `json:"sandbox"`
	// ID is random, and drawn when an inventory begins: what is known of another one's numbers tells nothing of these.
	ID string `json:"id"`
	// State is the SHA-256 of the file of --state that it began with; "": it is the demonstration's.
	State string `json:"state,omitempty"`
}

// sandboxVersion is the form of [sandboxFile] that this program reads and writes.
const sandboxVersion = 1

// ownSandbox is the sandbox of a runs folder.
type ownSandbox struct {
	*sandbox.Sandbox
	head sandboxHead
	file *os.File // of what changes; nil: nothing is kept
}

// address is by what the store knows its account.
func (o *ownSandbox) address() string { return "sandbox://built-in/" + o.head.ID }

// Close ends the keeping of what changes.
func (o *ownSandbox) Close() {
	if o.file != nil {
		_ = o.file.Close() // nothing of it waits to be written
	}
}

// openSandbox opens the sandbox of a runs folder as it was left. It begins anew, and says so, when there is none yet,
// or when the file of --state is not the one that it began with. Unless it is kept, nothing is written; who keeps it
// has its lock.
func (a *app) openSandbox(ctx context.Context, f *storeFlags, config sandbox.Config, state string, keep bool) (*ownSandbox, error) {
	sum := ""
	if state != "" {
		var err error
		if sum, err = folder.HashFile(state); err != nil {
			return nil, noStateFile(state, err)
		}
	}
	path := filepath.Join(f.runsDir, sandboxFile)
	box, stale, err := readSandbox(path, config)
	var changed string
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if f.hasSandbox() {
			changed = path + " is gone"
		}
	case err != nil:
		return nil, &configError{err: fmt.Errorf("sandbox: %s: %w", path, err), hint: "begin anew with --sandbox-reset"}
	case state != "" && box.head.State != sum:
		changed = "it did not begin with " + state + " as that is now"
	}
	if begins := err != nil || changed != ""; begins {
		if changed != "" {
			a.note("the sandbox begins anew: %s; its earlier runs can be read, but not gone on with", changed)
		}
		if box, err = a.beginSandbox(ctx, config, state, sum); err != nil {
			return nil, err
		}
		stale = true
	}
	if keep {
		err = box.keep(path, stale)
		return box, err
	}
	return box, nil
}

// beginSandbox returns a sandbox to which nothing has happened, with the inventory of a file or that of the demonstration.
func (a *app) beginSandbox(ctx context.Context, config sandbox.Config, state, sum string) (*ownSandbox, error) {
	fake, err := newFake(ctx, a.Streams, config, state)
	if err == nil && state == "" {
		err = addSamples(fake)
	}
	return &ownSandbox{Sandbox: fake, head: sandboxHead{Sandbox: sandboxVersion, ID: strings.ToLower(rand.Text()[:8]), State: sum}}, err
}

// addSamples adds the numbers of the samples to a sandbox.
func addSamples(fake *sandbox.Sandbox) error {
	rows, err := csv.NewReader(strings.NewReader(samples.Inventory)).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows[1:] {
		cell := func(name string) string { return row[slices.Index(rows[0], name)] }
		if err := fake.Set(cell("Number"), func(rec *sandbox.Record) { *rec = rec.With(cell) }); err != nil {
			return err
		}
	}
	return nil
}

// readSandbox reads the file of a sandbox. stale reports that it is to be written anew before it is added to.
func readSandbox(path string, config sandbox.Config) (box *ownSandbox, stale bool, err error) {
	file, err := safefile.OpenOwn(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	lines := bufio.NewReader(file)
	first, err := lines.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	box = &ownSandbox{}
	if err := json.Unmarshal(first, &box.head); err != nil || box.head.Sandbox != sandboxVersion || box.head.ID == "" {
		return nil, false, errors.New("it is no sandbox that this program can read")
	}
	if box.Sandbox, err = emptyFake(config, box.head.State != ""); err != nil {
		return nil, false, err
	}
	stale, err = box.Restore(lines)
	return box, stale, err
}

// keep writes what changes from now on into a file, which is written anew before if it is stale.
func (o *ownSandbox) keep(path string, stale bool) error {
	if stale {
		err := safefile.Replace(path, safefile.OwnerOnly, func(w io.Writer) error {
			return errors.Join(json.NewEncoder(w).Encode(o.head), o.Save(w))
		})
		if err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	var err error
	if o.file, err = safefile.OpenOwn(path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	o.KeepIn(o.file)
	return nil
}
