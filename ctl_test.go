package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bulknum/bulknum/internal/control"
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

// stands is `stands FOLDER STATE`: it waits until the run in the folder is in a
// state, as ctl status tells it.
func stands(ts *testscript.TestScript, _ bool, args []string) {
	folder, wanted := ts.MkAbs(args[0]), args[1]
	listens(ts, false, args[:1])
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		answer, err := control.Ask(context.Background(), folder, control.Request{Do: control.Status})
		ts.Check(err)
		if string(answer.Situation.Phase) == wanted {
			return
		}
	}
}
