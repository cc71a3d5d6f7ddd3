// Command bench measures the built bulknum beside its peers, and prints one table of all aims: what was measured, the
// peer's figure of the same round, and whether the aim is met. Rounds are interleaved, figures are medians of rounds.
//
//	bench [-rounds N] [-long] [-only PART,…] BULKNUM
//
// Without -long it takes about a quarter of an hour.
// Wanted are nginx with its echo module, vegeta and chromium: bench/peers.sh installs them.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	if peer := peers[os.Getenv(peerVariable)]; peer != nil {
		exit(peer(os.Args[1:]))
	}
	exit(run(os.Args[1:]))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bench is one measuring of everything.
type bench struct {
	bulknum string // the command
	repo    string
	dir     string // of its own
	rounds  int
	long    bool
	table   []line
}

// line is what was measured, with a peer's figure and the ratio of both, if it has a peer, and its aim, if it has one.
type line struct {
	what, figure, peer, ratio, aim string
	met                            bool
}

// run measures everything, and prints the table.
func run(args []string) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	b := bench{}
	flags.IntVar(&b.rounds, "rounds", 5, "how often the engine and its peers are measured")
	flags.BoolVar(&b.long, "long", false, "send 1,000,000 rows too, once, and run one and two workers beside four")
	only := flags.String("only", "", "measure these only: "+strings.Join(parts, ", "))
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("usage: bench [-rounds N] [-long] [-only PART,…] BULKNUM")
	}
	if b.bulknum, err = filepath.Abs(flags.Arg(0)); err != nil {
		return err
	}
	if b.repo, err = os.Getwd(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	var failed error
	before := load()
	var took []string
	for i, measure := range []func(*bench) error{engine, long, reading, planning, starting, pages, limits, simulator, workers} {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), parts[i]) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s …\n", parts[i])
		began := time.Now()
		if err := measure(&b); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", parts[i], err)) // the others are measured nevertheless
		}
		took = append(took, fmt.Sprintf("%s %.0f s", parts[i], time.Since(began).Seconds()))
	}
	printed := b.print(os.Stdout, fmt.Sprintf("load %s before, %s after; %d rounds; took: %s", before, load(), b.rounds, strings.Join(took, ", ")))
	return errors.Join(printed, failed)
}

// parts are what can be measured by itself.
var parts = []string{"engine", "long", "reading", "plan", "version", "page", "limits", "simulator", "workers"}

// print prints the table below what is to be said of it.
func (b *bench) print(w io.Writer, head string) error {
	lines := []string{"what\tbulknum\tpeer\tratio\taim\tmet"}
	for _, l := range b.table {
		met := "no"
		switch {
		case l.aim == "":
			met = "-"
		case l.met:
			met = "yes"
		}
		cells := []string{l.what, l.figure}
		for _, cell := range []string{l.peer, l.ratio, l.aim} {
			cells = append(cells, cmp.Or(cell, "-"))
		}
		lines = append(lines, strings.Join(append(cells, met), "\t"))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintf(t, "%s\n\n%s\n", head, strings.Join(lines, "\n")); err != nil {
		return err
	}
	return t.Flush()
}

// add adds a line of what has no peer.
func (b *bench) add(what, figure, aim string, met bool) {
	b.table = append(b.table, line{what: what, figure: figure, aim: aim, met: met})
}

// beside adds a line of what has one.
func (b *bench) beside(what, figure, peer string, ratio float64, aim string, met bool) {
	b.table = append(b.table, line{what, figure, peer, fmt.Sprintf("%.2f x", ratio), aim, met})
}

// load is how many processes want to run, by the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// median is the middle one of some figures.
func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}
