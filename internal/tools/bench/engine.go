package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	sentRows = 20_000
	inFlight = 64
)

// send has bulknum send a file, in a folder of its own that is then removed.
func (b *bench) send(url, file string, more ...string) (usage, error) {
	return b.bulknumIn("", url, append([]string{
		"apply", file, "--all", "--yes", "--check-routes=false", "--rate", "1000000/s", "--workers", strconv.Itoa(inFlight), "-q",
	}, more...)...)
}

// bulknumIn runs a command with a runs folder; "": one that is then removed.
func (b *bench) bulknumIn(runs, url string, args ...string) (usage, error) {
	if runs == "" {
		var err error
		if runs, err = os.MkdirTemp(b.dir, "runs"); err != nil {
			return usage{}, err
		}
		defer func() { _ = os.RemoveAll(runs) }()
	}
	env := []string{
		"TELEGENT_ACCOUNT_KEY=DID-0b5f4c3a-9d7e-4f58-92be", "TELEGENT_ACCOUNT_SECRET=73af1c52-8d0e-4b7f-9a35-2f6e1d90c4b8", "TELEGENT_API_URL=" + url,
		"XDG_STATE_HOME=" + filepath.Join(runs, "state"),
	}
	return b.run("", env, b.bulknum, append(args, "--runs-dir", runs)...)
}

// engine sends rows with 64 in flight, and has the peers send the same: vegeta, whose results become CSV, and a bare loop.
func engine(b *bench) error {
	url, stop, err := b.start(0)
	if err != nil {
		return err
	}
	defer stop()
	file, err := b.rows(sentRows)
	if err != nil {
		return err
	}
	targets, err := b.targets(sentRows, url)
	if err != nil {
		return err
	}
	var ratios, bareRatios, cpus []float64
	var own, vegeta, bare usage
	for range b.rounds {
		if own, err = b.send(url, file); err != nil {
			return err
		}
		if vegeta, err = b.vegeta(targets); err != nil {
			return err
		}
		if bare, err = b.peer("loop", url+"/v1.0/numbers/update", file, filepath.Join(b.dir, "bare.csv")); err != nil {
			return err
		}
		ratios = append(ratios, vegeta.wall.Seconds()/own.wall.Seconds())
		bareRatios = append(bareRatios, bare.wall.Seconds()/own.wall.Seconds())
		cpus = append(cpus, own.perThousand(sentRows))
	}
	ratio, cpu := median(ratios), median(cpus)
	what := fmt.Sprintf("%d rows, %d in flight", sentRows, inFlight)
	b.beside(what, own.of(sentRows), "vegeta + encode: "+vegeta.of(sentRows), ratio, ">= 0.50 x", ratio >= 0.5)
	b.beside(what, own.of(sentRows), "a bare loop: "+bare.of(sentRows), median(bareRatios), "", false)
	b.beside("CPU for 1,000 of them", fmt.Sprintf("%.3f s", cpu), fmt.Sprintf("vegeta + encode: %.3f s", vegeta.perThousand(sentRows)),
		cpu/vegeta.perThousand(sentRows), "<= 0.12 s", cpu <= 0.12)
	return nil
}

// vegeta has vegeta send the targets, and makes CSV of what became of them.
func (b *bench) vegeta(targets string) (usage, error) {
	vegeta := filepath.Join(b.repo, "bin", "vegeta")
	n := strconv.Itoa(inFlight)
	results := filepath.Join(b.dir, "results.bin")
	sent, err := b.run(results, nil, vegeta, "attack", "-rate", "0", "-workers", n, "-max-workers", n, "-connections", n,
		"-lazy", "-format", "json", "-targets", targets)
	if err != nil {
		return usage{}, fmt.Errorf("%w: bench/peers.sh installs it", err)
	}
	encoded, err := b.run(filepath.Join(b.dir, "results.csv"), nil, vegeta, "encode", "-to", "csv", results)
	return sent.and(encoded), err
}

// long sends more rows, for the memory that they take, and how long each takes.
func long(b *bench) error {
	url, stop, err := b.start(0)
	if err != nil {
		return err
	}
	defer stop()
	counts := []int{10_000, 100_000}
	if !b.long {
		b.add("time a row, 1,000,000 rows", "not measured: -long", "<= 1.10 x that at 10,000", false)
	} else {
		counts = append(counts, 1_000_000)
	}
	perRow := map[int]float64{}
	for _, n := range counts {
		file, err := b.rows(n)
		if err != nil {
			return err
		}
		u, err := b.send(url, file)
		if err != nil {
			return err
		}
		perRow[n] = u.wall.Seconds() / float64(n)
		switch n {
		case 100_000:
			b.add("memory for 100,000 rows", fmt.Sprintf("%.0f MiB (%s)", u.mebibytes(), u.of(n)), "<= 64 MiB", u.mebibytes() <= 64)
		case 1_000_000:
			ratio := perRow[n] / perRow[counts[0]]
			b.beside("time a row, 1,000,000 rows", u.of(n), fmt.Sprintf("itself, %d rows", counts[0]), ratio, "<= 1.10 x", ratio <= 1.1)
		}
	}
	return nil
}

// loop is the bare loop: it sends each row of a file, and writes what became of it, with nothing besides.
func loop(args []string) error {
	url, from, to := args[0], args[1], args[2]
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	var mu sync.Mutex // of both files
	rows, results := csv.NewReader(in), csv.NewWriter(out)
	if _, err := rows.Read(); err != nil {
		return err
	}
	next := func() ([]string, error) {
		mu.Lock()
		defer mu.Unlock()
		return rows.Read()
	}
	done := func(result []string) error {
		mu.Lock()
		defer mu.Unlock()
		return results.Write(result)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}}
	var group errgroup.Group
	for range inFlight {
		group.Go(func() error {
			row, err := next()
			for ; err == nil; row, err = next() {
				var result []string
				if result, err = post(client, url, row); err == nil {
					err = done(result)
				}
				if err != nil {
					break
				}
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	results.Flush()
	return cmp.Or(results.Error(), out.Close())
}

// post sends a row, and returns what became of it.
func post(client *http.Client, url string, row []string) ([]string, error) {
	body, _ := json.Marshal(update{row[0], row[1] == "true", row[2]})
	began := time.Now()
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body)) //nolint:noctx // the bare minimum
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token())
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer struct{ Number, UpdateOrderId, UpdateOrderStatus string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return []string{
		answer.Number, answer.UpdateOrderId, answer.UpdateOrderStatus, strconv.Itoa(resp.StatusCode),
		strconv.FormatInt(time.Since(began).Milliseconds(), 10),
	}, err
}
