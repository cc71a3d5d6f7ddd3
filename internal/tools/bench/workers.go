package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// worked is a line of the benchmark of workers: how many there were, and how many times the ideal they took.
var worked = regexp.MustCompile(`(?m)^BenchmarkWorkers/workers=(\d+)\S*\s.*?([\d.]+) x-ideal`)

// workers have two of them, on as many hosts, work through the runs of 400 accounts; with -long, one and four as well.
func workers(b *bench) error {
	which := "^BenchmarkWorkers$/^workers=2$"
	if b.long {
		which = "^BenchmarkWorkers$"
	}
	found, err := b.ofHosts(which, worked)
	if err != nil {
		return err
	}
	for _, line := range found {
		ratio := numberOf(line[2])
		b.beside(fmt.Sprintf("400 accounts of 50 rows at 5/s, workers: %s", line[1]), "25 accounts at a time each", "what the rates allow", ratio, "", false)
	}
	return nil
}

// ofHosts runs a benchmark of several hosts, and returns the lines that it finds in what that says.
func (b *bench) ofHosts(which string, lines *regexp.Regexp) ([][][]byte, error) {
	out := filepath.Join(b.dir, "hosts")
	_, err := b.run(out, []string{"CI=1", "TEST_PERCENT=100"}, "go", "test", "-C", b.repo, "-run", "^$", "-bench", which, "-benchtime", "1x",
		"-timeout", "1h", "./internal/hosts")
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) { // a miss fails it
		return nil, err
	}
	said, unread := os.ReadFile(out)
	if unread != nil {
		return nil, unread
	}
	found := lines.FindAllSubmatch(said, -1)
	if found == nil {
		return nil, fmt.Errorf("nothing was measured, in %q: %w", said, err)
	}
	return found, nil
}

// stored is a line of the benchmark of stores: which store, which command, commits a second where they are counted, and rows.
var stored = regexp.MustCompile(`(?m)^BenchmarkStores/(\w+)/(\w+?)-\d+\s+\d+\s+(?:([\d.]+) commits/s\s+)?([\d.]+) rows/s`)

// stores are an apply and a resume with the store in PostgreSQL, beside those with one in the runs folder.
func stores(b *bench) error {
	found, err := b.ofHosts("^BenchmarkStores$", stored)
	if err != nil {
		return err
	}
	inFolder := map[string]float64{}
	for _, line := range found {
		command, rows := string(line[2]), numberOf(line[4])
		if string(line[1]) == "SQLite" {
			inFolder[command] = rows
			continue
		}
		b.beside(command+" without a rate, its store in PostgreSQL", fmt.Sprintf("%.0f rows/s, %.0f commits/s", rows, numberOf(line[3])),
			fmt.Sprintf("in the runs folder: %.0f rows/s", inFolder[command]), rows/inFolder[command], "", false)
	}
	return nil
}
