package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// limitLine is a line of bench/limits.sh: which limit and which turn, how many times the ideal it took, and which part of
// the requests was refused, in percent.
var limitLine = regexp.MustCompile(`(?m)^(\d+r/s burst=\d+ Retry-After: \w+), (first|next) +([\d.]+) +\d+ +([\d.]+)`)

// limits runs bulknum against the limits of a real nginx, of which it knows nothing at first.
func limits(b *bench) error {
	out := filepath.Join(b.dir, "limits")
	var rates []string
	if !b.long {
		rates = []string{"RATES=20 50"}
	}
	if _, err := b.run(out, rates, "bash", filepath.Join(b.repo, "bench", "limits.sh"), b.bulknum); err != nil {
		return err
	}
	said, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	lines := limitLine.FindAllSubmatch(said, -1)
	if lines == nil {
		return fmt.Errorf("no limit in %q", said)
	}
	for _, line := range lines {
		most, refused, turn := 1.25, 2.0, "first run"
		if string(line[2]) == "next" {
			most, refused, turn = 1.10, 1, "once learnt"
		}
		ratio, part := numberOf(line[3]), numberOf(line[4])
		b.beside(fmt.Sprintf("nginx limit_req %s, %s", line[1], turn), fmt.Sprintf("%.1f %% refused", part), "what it allows", ratio,
			fmt.Sprintf("<= %.2f x, < %.0f %%", most, refused), ratio <= most && part < refused)
	}
	return nil
}

// numberOf is a number that a regular expression found.
func numberOf(text []byte) float64 {
	n, _ := strconv.ParseFloat(string(text), 64)
	return n
}

// The lines of the simulations: of a run of so many requests, and of how many kinds of limit were named rightly.
var (
	simulated = regexp.MustCompile(
		`: ([\d.]+) x ideal, refused (\d+) of (\d+), second half ([\d.]+) x ideal, refused (\d+), in row (\d+),`)
	named = regexp.MustCompile(`: (\d+) of (\d+)$`)
)

// worst is the worst of some figures, and how many of them are as they should be.
type worst struct {
	worst    float64
	good, of int
}

func (w *worst) add(figure float64, good bool) {
	w.worst = max(w.worst, figure)
	w.of++
	if good {
		w.good++
	}
}

// simulator has the tests simulate runs against limits of all kinds. TEST_PERCENT is how many of them: half, unless it is
// set, and with -long all.
func simulator(b *bench) error {
	const extent = "TEST_PERCENT"
	share := "50"
	if b.long {
		share = "100"
	}
	env := []string{extent + "=" + cmp.Or(os.Getenv(extent), share)}
	out := filepath.Join(b.dir, "simulator")
	_, err := b.run(out, env, "go", "test", "-C", b.repo, "-run", "^(TestALimitIsFound|TestTheKindOfALimitIsNamed)$", "-count", "1",
		"-timeout", "1h", "-v", "./client/internal/learn")
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) { // an aim that is missed fails a test
		return err
	}
	said, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	var first, refused, later, laterRefused, rows worst
	for lines := bufio.NewScanner(bytes.NewReader(said)); lines.Scan(); {
		if m := named.FindSubmatch(lines.Bytes()); m != nil {
			right := numberOf(m[1]) / numberOf(m[2])
			b.add("simulated limits: kind named rightly", fmt.Sprintf("%s of %s", m[1], m[2]), ">= 90 %", right >= 0.9)
		}
		m := simulated.FindSubmatch(lines.Bytes())
		if m == nil {
			continue
		}
		requests := numberOf(m[3])
		first.add(numberOf(m[1]), numberOf(m[1]) <= 1.25)
		part := 100 * numberOf(m[2]) / requests
		refused.add(part, part < 2)
		later.add(numberOf(m[4]), numberOf(m[4]) <= 1.1)
		part = 200 * numberOf(m[5]) / requests
		laterRefused.add(part, part < 1)
		rows.add(numberOf(m[6]), numberOf(m[6]) == 0)
	}
	if first.of == 0 {
		return fmt.Errorf("no simulation in %q", said)
	}
	for _, row := range []struct {
		what, unit, aim string
		is              worst
	}{
		{"first run, time", " x ideal", "<= 1.25 x", first},
		{"first run, refused", " %", "< 2 %", refused},
		{"once learnt (second half), time", " x ideal", "<= 1.10 x", later},
		{"once learnt (second half), refused", " %", "< 1 %", laterRefused},
		{"two 429 in a row after 500 requests", " times", "never", rows},
	} {
		b.add("simulated limits: "+row.what, fmt.Sprintf("%d of %d, the worst %.2f%s", row.is.good, row.is.of, row.is.worst, row.unit),
			row.aim, row.is.good == row.is.of)
	}
	return nil
}
