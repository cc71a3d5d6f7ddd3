package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
)

// rows is a file of so many numbers.
func rows(n int) string {
	var b strings.Builder
	b.WriteString("Number,MessageRouteId\n")
	for i := range n {
		fmt.Fprintf(&b, "+1801801%04d,MRID-new\n", i)
	}
	return b.String()
}

// world is the service, and the API that it is for.
type world struct {
	t       *testing.T
	api     *sandbox.Sandbox
	address string
	browser http.Client
}

// inWorld runs a test with a service, and returns when both have ended.
func inWorld(t *testing.T, test func(*world)) {
	t.Helper()
	api, err := sandbox.New(sandbox.Config{Seed: 1, Latency: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	defer server.Close()
	free, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- serve(ctx, address, t.TempDir(), client.Config{
			BaseURL: server.URL, Rate: client.Unlimited,
			Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
		})
	}()
	w := &world{t: t, api: api, address: address, browser: http.Client{Transport: &http.Transport{}}}
	for !w.listens() {
		select {
		case err := <-served:
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
	test(w)
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	w.browser.CloseIdleConnections()
}

func (w *world) listens() bool {
	conn, err := net.Dial("tcp", w.address)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

// ask makes a request, and gives its answer to read unless that is nil.
func (w *world) ask(method, path, body string, read func(io.Reader) error) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+w.address+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.browser.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s: %s", method, path, answer.Status)
	}
	if read != nil {
		if err := read(answer.Body); err != nil {
			w.t.Fatal(err)
		}
	}
}

// upload begins a run, and returns its name.
func (w *world) upload(file string) (name string) {
	w.t.Helper()
	var begun struct{ Run string }
	w.ask(http.MethodPost, "/runs", file, func(r io.Reader) error { return json.NewDecoder(r).Decode(&begun) })
	return begun.Run
}

// follow reads the progress of a run to its end, and shows each document of it.
func (w *world) follow(name string, show func(control.Document)) {
	w.t.Helper()
	w.ask(http.MethodGet, "/runs/"+name+"/progress", "", func(r io.Reader) error {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			text, data := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
			if !data {
				continue
			}
			var is control.Document
			if err := json.Unmarshal(text, &is); err != nil {
				return err
			}
			show(is)
		}
		return lines.Err()
	})
}

// outcome is what became of a run's rows, and why it ended early.
func (w *world) outcome(name string) (why string, counts map[result.Status]int) {
	w.t.Helper()
	var told struct {
		Error string
		Rows  []runs.PlannedResult
	}
	w.ask(http.MethodGet, "/runs/"+name, "", func(r io.Reader) error { return json.NewDecoder(r).Decode(&told) })
	counts = map[result.Status]int{}
	for _, row := range told.Rows {
		counts[row.Result.Status]++
		if row.Result.Status == result.Unchanged {
			continue
		}
		if len(row.Row.Changes) != 1 || row.Row.Changes[0].Field != "MessageRouteId" || row.Row.Changes[0].New != "MRID-new" {
			w.t.Errorf("%+v", row)
		}
	}
	return told.Error, counts
}

// Of 20 runs half are stopped in their midst, another one goes on when the service ends, and no goroutine is left of any.
func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	inWorld(t, func(w *world) {
		for i := range 20 {
			sent := w.api.Stats().Updates
			if i%2 == 0 {
				name := w.upload(rows(3))
				w.follow(name, func(control.Document) {})
				why, counts := w.outcome(name)
				if counts[result.Updated]+counts[result.Unchanged] != 3 || why != "" {
					t.Errorf("%v %s", counts, why)
				}
				continue
			}
			name := w.upload(strings.ReplaceAll(rows(400), "+1801", fmt.Sprintf("+1%03d", 201+i)))
			stopped := false
			w.follow(name, func(is control.Document) {
				if is.Done > 0 && !stopped {
					w.ask(http.MethodDelete, "/runs/"+name, "", nil)
					stopped = true
				}
			})
			why, counts := w.outcome(name)
			sent = w.api.Stats().Updates - sent
			if !stopped || !strings.Contains(why, "stopped") || counts[result.Updated] != sent || counts[result.NotAttempted] != 400-sent {
				t.Errorf("stopped %v, %v %s, %d were sent", stopped, counts, why, sent)
			}
		}
		w.upload(rows(400)) // goes on when the service is told to end
	})
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			var left bytes.Buffer
			_ = pprof.Lookup("goroutine").WriteTo(&left, 1)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), left.String())
		}
	}
}

// What cannot be sent is told, and a run that is not there is not found.
func TestRefusals(t *testing.T) {
	inWorld(t, func(w *world) {
		name := w.upload("Number,Wrong\n+18018018011,x\n")
		w.follow(name, func(control.Document) {})
		var told struct{ Error string }
		w.ask(http.MethodGet, "/runs/"+name, "", func(r io.Reader) error { return json.NewDecoder(r).Decode(&told) })
		if !strings.Contains(told.Error, "Wrong") {
			t.Errorf("told %q", told.Error)
		}
		answer, err := w.browser.Get("http://" + w.address + "/runs/none")
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusNotFound {
			t.Errorf("got %s", answer.Status)
		}
	})
}
