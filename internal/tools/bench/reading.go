package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gocarina/gocsv"
)

const readRows = 1_000_000

// reading validates a million rows of 12 columns, and has the libraries read the same.
func reading(b *bench) error {
	for _, form := range []struct {
		name  string
		write func(int) (string, error)
		peers []string
		aim   float64
	}{
		{"CSV", b.wideCSV, []string{"gocsv", "encoding/csv"}, 500_000},
		{"JSONL", b.wideJSONL, []string{"encoding/json"}, 300_000},
	} {
		file, err := form.write(readRows)
		if err != nil {
			return err
		}
		own, err := b.run("", nil, b.bulknum, "validate", file)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("validate %d x 12, %s", readRows, form.name)
		speed, aim := own.perSecond(readRows), fmt.Sprintf(">= %.0f rows/s", form.aim)
		for _, name := range form.peers {
			peer, err := b.peer(name, file)
			if err != nil {
				return err
			}
			b.beside(what, fmt.Sprintf("%.0f rows/s, %.1f CPU s", speed, own.cpu.Seconds()),
				fmt.Sprintf("%s: %.0f rows/s, %.1f CPU s", name, peer.perSecond(readRows), peer.cpu.Seconds()),
				peer.wall.Seconds()/own.wall.Seconds(), aim, speed >= form.aim)
			aim = "" // said once
		}
		b.add(what+", memory", fmt.Sprintf("%.0f MiB", own.mebibytes()), "<= 48 MiB", own.mebibytes() <= 48)
	}
	return nil
}

// wide is a row of 12 columns.
type wide struct {
	Number               string
	MessageEnabled       string
	VoiceEnabled         string
	MessageType          string
	Classification       string
	MessageRouteId       string
	VoiceRouteId         string
	AssignedSubscriberId string
	Iccid                string
	CnamFirstName        string
	CnamLastName         string
	ProductType          string
}

// readGocsv reads a file with gocsv, as is recommended for files that do not fit into memory.
func readGocsv(args []string) error {
	return readRowsOf(args[0], func(r io.Reader) (func() error, error) {
		u, err := gocsv.NewUnmarshaller(csv.NewReader(r), wide{})
		return func() error { _, err := u.Read(); return err }, err
	})
}

func readCSV(args []string) error {
	return readRowsOf(args[0], func(r io.Reader) (func() error, error) {
		rows := csv.NewReader(r)
		rows.ReuseRecord = true
		return func() error { _, err := rows.Read(); return err }, nil
	})
}

func readJSON(args []string) error {
	return readRowsOf(args[0], func(r io.Reader) (func() error, error) {
		rows := json.NewDecoder(r)
		return func() error {
			var row map[string]any
			return rows.Decode(&row)
		}, nil
	})
}

// readRowsOf reads a file to its end.
func readRowsOf(path string, with func(io.Reader) (func() error, error)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	read, err := with(bufio.NewReader(f))
	for err == nil {
		err = read()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

const (
	plannedRows   = 100_000
	inventoryRows = 300_000
)

// planning plans rows against an inventory.
func planning(b *bench) error {
	url, stop, err := b.start(inventoryRows)
	if err != nil {
		return err
	}
	defer stop()
	file, err := b.rows(plannedRows)
	if err != nil {
		return err
	}
	u, err := b.bulknumIn("", url, "plan", file, "--check-routes=false", "--read", "inventory", "--rate", "1000000/s",
		"--workers", strconv.Itoa(inFlight), "-q")
	if err != nil {
		return err
	}
	what := fmt.Sprintf("plan of %d rows, inventory of %d", plannedRows, inventoryRows)
	b.add(what, fmt.Sprintf("%.1f s, %.1f CPU s", u.wall.Seconds(), u.cpu.Seconds()), "<= 4 s", u.wall.Seconds() <= 4)
	b.add(what+", memory", fmt.Sprintf("%.0f MiB", u.mebibytes()), "<= 100 MiB", u.mebibytes() <= 100)
	return nil
}

// starting runs the smallest command.
func starting(b *bench) error {
	var times []float64
	for range 4 * b.rounds {
		u, err := b.run(filepath.Join(b.dir, "version"), nil, b.bulknum, "version")
		if err != nil {
			return err
		}
		times = append(times, u.wall.Seconds()*1000)
	}
	ms := median(times)
	b.add("bulknum version", fmt.Sprintf("%.1f ms", ms), "<= 10 ms", ms <= 10)
	return nil
}
