package acceptance

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// talkTo waits until the run in the folder can be asked, and begins to. The folder may be a pattern of its name.
func talkTo(ts *testscript.TestScript, folder string) net.Conn {
	pattern := ts.MkAbs(folder)
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for ; ; <-tick.C {
		found, err := filepath.Glob(pattern)
		ts.Check(err)
		if len(found) == 0 {
			continue
		}
		folder := found[0]
		socket := filepath.Join(folder, "control.sock")
		if pointer, err := os.ReadFile(filepath.Join(folder, "control.path")); err == nil {
			socket = strings.TrimSpace(string(pointer))
		}
		if conn, err := (&net.Dialer{}).DialContext(context.Background(), "unix", socket); err == nil {
			return conn
		}
	}
}

// listens is `listens DIR`: it waits until the run in the folder can be
// asked.
func listens(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(talkTo(ts, args[0]).Close())
}

// stands is `stands DIR STATE`: it waits until the run in the folder tells
// that it is in a state.
func stands(ts *testscript.TestScript, _ bool, args []string) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for ; ; <-tick.C {
		conn := talkTo(ts, args[0])
		_, err := io.WriteString(conn, "GET /v1/status HTTP/1.1\r\nHost: run\r\n\r\n")
		ts.Check(err)
		reply, err := http.ReadResponse(bufio.NewReader(conn), nil)
		ts.Check(err)
		var answer struct{ Status struct{ State string } }
		ts.Check(json.NewDecoder(reply.Body).Decode(&answer))
		ts.Check(reply.Body.Close())
		ts.Check(conn.Close())
		if answer.Status.State == args[1] {
			return
		}
	}
}
