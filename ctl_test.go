package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// listens is `listens FOLDER`: it waits until the run in the folder can be
// asked.
func listens(ts *testscript.TestScript, _ bool, args []string) {
	folder := ts.MkAbs(args[0])
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		socket := filepath.Join(folder, "control.sock")
		if pointer, err := os.ReadFile(filepath.Join(folder, "control.path")); err == nil {
			socket = strings.TrimSpace(string(pointer))
		}
		if conn, err := (&net.Dialer{}).DialContext(context.Background(), "unix", socket); err == nil {
			ts.Check(conn.Close())
			return
		}
	}
}

// stands is `stands RUN PHASE`: it waits until the live run is at that.
func stands(ts *testscript.TestScript, _ bool, args []string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < time.Minute; <-tick.C {
		err := ts.Exec("bulknum", "ctl", args[0], "status")
		if err == nil && strings.HasPrefix(ts.ReadFile("stdout"), "Run "+args[0]+": "+args[1]+" ") {
			return
		}
	}
	ts.Fatalf("run %s is not %s", args[0], args[1])
}
