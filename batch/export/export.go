// Package export is the export of an account's inventory, as a file of rows that can
// be read as input again.
package export

import (
	"context"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// Config says what of the inventory is exported, and how.
type Config struct {
	// Reader reads the inventory, at its own rate.
	Reader *client.Reader
	// Where is what a number must have to be exported. Optional: all numbers are.
	Where Where
	// Set is exported instead of what the numbers have, and then nothing but it,
	// the number, and what it has now as preconditions; "" clears. Optional.
	Set settings.Settings
	// Format is how the rows are written: CSV, unless it is JSONL.
	Format input.Format
	// Tell is called after every page with what came so far. Optional.
	Tell func(Result)
}

// Result is what came of an export, or has come of it so far.
type Result struct {
	// Read is how many numbers came, each counted once; Written how many of
	// them have been written.
	Read, Written int
	// Total is how many there are by the API's last word; -1: it does not tell.
	Total int
	// Whole tells that all numbers came: as many as the API says there are or,
	// where it does not say, up to an empty page. Pages that shift while they
	// are read lack numbers, and nobody can know which.
	Whole bool
	// Unnamed is how many records named no number: they are not written.
	Unnamed int
	// Unlike is how many records showed a number otherwise than an earlier one, which is the one that is written; UnlikeIn is
	// the first such number.
	Unlike   int
	UnlikeIn string
	// Refused is how many of the written rows are not taken as input as they
	// are; Refusal is the reason of the first one.
	Refused int
	Refusal string
	// Damaged is how many values no file can have, for their characters or because they
	// read as a word for no value, so that they are written as unknown; Damage names the first one.
	Damaged int
	Damage  string
	// Blind is how many of the written rows set a field without a precondition, because the
	// API does not show what their number has there; BlindIn are these fields.
	Blind   int
	BlindIn []string
	// Untold are the fields of Where that no number told: whether the numbers
	// meet it is not known.
	Untold []string
}

// Export writes the inventory, or a part of it, as a file of rows that can be
// read as input again: a column for every field, blank where the API tells no
// value, and, unless something is set, the status, which input passes over; in the order in which the API lists the numbers. It is written page by
// page. Nothing in it depends on the time, so that exports of equal inventories
// are equal. The error tells how many numbers had been written.
func Export(ctx context.Context, cfg Config, w io.Writer) (Result, error) {
	x := newExporter(cfg, w)
	for page, err := range cfg.Reader.Inventory(ctx, 1) {
		if err == nil {
			err = x.take(page)
		}
		if err != nil {
			return x.result, fmt.Errorf("the export is not whole, it broke off after %d numbers: %w", x.result.Written, err)
		}
		if cfg.Tell != nil {
			cfg.Tell(x.result)
		}
	}
	return x.result, nil
}

// Known is what was read of a number at another time.
type Known struct {
	Number, Status string
	State          settings.State
}

// ExportKnown writes what is known of numbers as [Export] writes what the inventory has, and asks nobody.
func ExportKnown(cfg Config, known []Known, w io.Writer) (Result, error) {
	x := newExporter(cfg, w)
	for _, k := range known {
		if err := x.one(client.Number{Number: k.Number, Status: k.Status}, k.State); err != nil {
			return x.result, err
		}
	}
	x.count(client.InventoryPage{TotalResults: len(known)})
	return x.result, x.out.flush()
}

// exporter is an export that goes on.
type exporter struct {
	cfg     Config
	columns []column
	out     rowWriter
	seen    map[string]uint64 // by number, what was shown of it, as a hash
	alike   maphash.Seed
	told    map[string]bool // fields of Where that some number told
	rows    int             // that were written, or wait to be
	result  Result
}

func newExporter(cfg Config, w io.Writer) *exporter {
	x := &exporter{cfg: cfg, columns: columnsOf(cfg.Set), seen: map[string]uint64{}, alike: maphash.MakeSeed(), told: map[string]bool{}}
	shows := cfg.Set.IsZero()
	if x.out = newCSVWriter(w, x.columns, shows); cfg.Format == input.JSONL {
		x.out = newJSONLWriter(w, shows)
	}
	return x
}

// take writes a page.
func (x *exporter) take(page client.InventoryPage) error {
	for _, n := range page.Numbers {
		if err := x.one(n, settings.StateOf(n)); err != nil {
			return err
		}
	}
	if err := x.out.flush(); err != nil {
		return err
	}
	x.count(page)
	return nil
}

// one writes a number, unless it came before or is not to be exported.
func (x *exporter) one(n client.Number, state settings.State) error {
	is := maphash.Comparable(x.alike, state)
	if was, twice := x.seen[n.Number]; twice {
		if was != is {
			if x.result.Unlike++; x.result.Unlike == 1 {
				x.result.UnlikeIn = n.Number
			}
		}
		return nil
	}
	x.seen[n.Number] = is
	if !x.cfg.Where.meets(n, state, x.told) {
		return nil
	}
	x.rows++
	return x.write(n, state)
}

// shownStatus is a number's status, if a file can have it.
func shownStatus(n client.Number) string {
	if strings.ContainsAny(n.Status, damage) {
		return ""
	}
	return strings.TrimSpace(n.Status)
}

// write writes a number's row, and notes whether it can be read again.
func (x *exporter) write(n client.Number, state settings.State) error {
	number := n.Number
	r := row{number: number, status: shownStatus(n), columns: x.columns, cells: make([]cell, len(x.columns))}
	blind := 0
	for i, column := range x.columns {
		r.cells[i] = column.cell(x.cfg.Set, state)
		switch cell := r.cells[i]; {
		case cell.damaged:
			if x.result.Damaged++; x.result.Damaged == 1 {
				x.result.Damage = column.header + " of " + number
			}
		case column.condition && cell.word == settings.Unknown:
			if blind = 1; !slices.Contains(x.result.BlindIn, column.Name) {
				x.result.BlindIn = append(x.result.BlindIn, column.Name)
			}
		}
	}
	x.result.Blind += blind
	if reason := r.refusal(); reason != "" {
		if x.result.Refused++; x.result.Refused == 1 {
			x.result.Refusal = number + ": " + reason
		}
	}
	return x.out.write(r)
}

// count takes in a page that has been written.
func (x *exporter) count(page client.InventoryPage) {
	x.result.Written = x.rows
	x.result.Read = len(x.seen)
	x.result.Unnamed += page.Unnamed
	x.result.Total = page.TotalResults
	x.result.Whole = x.result.Read >= page.TotalResults
	if page.TotalResults < 0 {
		x.result.Whole = len(page.Numbers) == 0 && x.result.Unnamed == 0
	}
	x.result.Untold = nil
	for _, name := range x.cfg.Where.names() {
		if !x.told[name] && x.result.Read > 0 {
			x.result.Untold = append(x.result.Untold, name)
		}
	}
}
