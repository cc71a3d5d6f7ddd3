package acceptance

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// talkTo waits until the run in the folder can be asked, and begins to.
func talkTo(ts *testscript.TestScript, folder string) net.Conn {
	folder = ts.MkAbs(folder)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		socket := filepath.Join(folder, "control.sock")
		if pointer, err := os.ReadFile(filepath.Join(folder, "control.path")); err == nil {
			socket = strings.TrimSpace(string(pointer))
		}
		if conn, err := (&net.Dialer{}).DialContext(context.Background(), "unix", socket); err == nil {
			return conn
		}
	}
}

// listens is `listens FOLDER`: it waits until the run in the folder can be
// asked.
func listens(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(talkTo(ts, args[0]).Close())
}

// stands is `stands FOLDER STATE`: it waits until the run in the folder tells
// that it is in a state.
func stands(ts *testscript.TestScript, _ bool, args []string) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		conn := talkTo(ts, args[0])
		_, err := io.WriteString(conn, `{"version":1,"do":"status"}`+"\n")
		ts.Check(err)
		line, err := bufio.NewReader(conn).ReadBytes('\n')
		ts.Check(err)
		ts.Check(conn.Close())
		var answer struct{ Situation struct{ State string } }
		ts.Check(json.Unmarshal(line, &answer))
		if answer.Situation.State == args[1] {
			return
		}
	}
}
