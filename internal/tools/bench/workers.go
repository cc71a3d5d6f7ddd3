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

// workers have four of them, on as many hosts, work through the runs of 400 accounts; with -long, one and two as well.
func workers(b *bench) error {
	which := "^BenchmarkWorkers$/^workers=4$"
	if b.long {
		which = "^BenchmarkWorkers$"
	}
	out := filepath.Join(b.dir, "workers")
	_, err := b.run(out, []string{"CI=1", "TEST_PERCENT=100"}, "go", "test", "-C", b.repo, "-run", "^$", "-bench", which, "-benchtime", "1x",
		"-timeout", "1h", "./internal/hosts")
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) { // a miss fails it
		return err
	}
	said, unread := os.ReadFile(out)
	if unread != nil {
		return unread
	}
	found := worked.FindAllSubmatch(said, -1)
	if found == nil {
		return fmt.Errorf("no worker in %q: %w", said, err)
	}
	for _, line := range found {
		ratio := numberOf(line[2])
		b.beside(fmt.Sprintf("400 accounts of 50 rows at 5/s, workers: %s", line[1]), "25 accounts at a time each", "what the rates allow", ratio, "", false)
	}
	return nil
}
