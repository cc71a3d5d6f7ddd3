package control_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	run "github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/internal/control"
)

// serve opens the socket of a run that has not begun.
func serve(t *testing.T, folder string) (*run.Control, *control.Server) {
	t.Helper()
	c := run.New()
	server, err := control.Serve(folder, t.TempDir(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return c, server
}

// short is a temporary folder with a path that fits into a socket's address.
func short(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "ctl") //nolint:usetesting // that of the test is too long on macOS
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

func TestAskAndAnswer(t *testing.T) {
	folder := short(t)
	c, server := serve(t, folder)
	a, err := control.Ask(t.Context(), folder, control.Request{Do: event.CommandPause, By: "a\x1bb"})
	if err != nil || a.Phase != run.PhasePaused || strings.Contains(a.Why, "\x1b") {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := control.Ask(t.Context(), folder, control.Request{Do: "dance"}); err == nil {
		t.Error("a run did what it does not know")
	}
	if _, err := control.Ask(t.Context(), folder, control.Request{Do: event.CommandNext, Wave: "first"}); err == nil || !strings.Contains(err.Error(), "counted from 1") {
		t.Errorf("got %v", err)
	}
	if _, err := control.Ask(t.Context(), folder, control.Request{Do: event.CommandContinue, By: "c"}); err == nil {
		t.Error("somebody else's pause was lifted")
	}
	if _, err := control.Ask(t.Context(), folder, control.Request{Do: event.CommandContinue, By: "c", Whose: "a b"}); err != nil {
		t.Error(err)
	}
	if s := c.Status(time.Now()); s.Phase != run.PhaseStarting {
		t.Errorf("got %+v", s)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if _, err := control.Ask(t.Context(), folder, control.Request{Do: control.Status}); !errors.Is(err, control.ErrNobody) {
		t.Errorf("got %v", err)
	}
}

// Junk, a newer version and one who says nothing are no trouble, and do not hold
// the end of a run.
func TestStrangersAtTheSocket(t *testing.T) {
	folder := short(t)
	c, server := serve(t, folder)
	const post, form = "POST ", " HTTP/1.1\r\nHost: run\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	const nothing = "Content-Length: 0\r\n\r\n"
	for request, want := range map[string]string{
		"hello\r\n\r\n":                      "HTTP/1.1 400 ",
		post + "/v99/pause" + form + nothing: "HTTP/1.1 404 ",
		post + "/v1/dance" + form + nothing:  "HTTP/1.1 404 ",
		"GET /v1/pause" + form + "\r\n":      "HTTP/1.1 405 ",
		post + "/v1/pause" + form + "X: " + strings.Repeat("x", 10_000) + "\r\n" + nothing:     "HTTP/1.1 431 ",
		post + "/v1/pause" + form + "Content-Length: 5000\r\n\r\n" + strings.Repeat("x", 5000): "HTTP/1.1 400 ",
	} {
		conn := dial(t, folder)
		_, _ = conn.Write([]byte(request)) // the run may hang up before it has it all
		answer, err := bufio.NewReader(conn).ReadString('\n')
		if err == nil && !strings.HasPrefix(answer, want) {
			t.Errorf("%.20s was answered: %s", request, answer)
		}
	}
	if s := c.Status(time.Now()); s.Phase != run.PhaseStarting {
		t.Errorf("the run is %s", s.Phase)
	}
	silent := dial(t, folder)
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if _, err := silent.Read(make([]byte, 1)); err == nil {
		t.Error("one who said nothing was answered")
	}
}

// However many say nothing, or half of something, a stop comes through at once.
func TestManySilentConnections(t *testing.T) {
	folder := short(t)
	c, _ := serve(t, folder)
	for i := range 300 {
		conn := dial(t, folder)
		if i%2 == 1 {
			if _, err := conn.Write([]byte("POST /v1/stop HTTP/1.1\r\nHost: run\r\nContent-Le")); err != nil {
				t.Fatal(err)
			}
		}
	}
	asked := time.Now()
	if _, err := control.Ask(t.Context(), folder, control.Request{Do: event.CommandStop}); err != nil {
		t.Error(err)
	}
	if took := time.Since(asked); took > 5*time.Second { // half of what a silent one is waited for
		t.Errorf("took %v", took)
	}
	if s := c.Status(time.Now()); s.Phase != run.PhaseStopping {
		t.Errorf("the run is %s", s.Phase)
	}
}

func dial(t *testing.T, folder string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "unix", filepath.Join(folder, "control.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// What a crashed run left is in nobody's way, and is removed wherever it is.
func TestSocketsOfCrashedRuns(t *testing.T) {
	for name, folder := range map[string]string{
		"short": short(t), "long": filepath.Join(short(t), strings.Repeat("long", 30)),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			runtime := short(t)
			crashed, err := control.Serve(folder, runtime, run.New())
			if err != nil {
				t.Fatal(err)
			}
			defer crashed.Close()
			server, err := control.Serve(folder, runtime, run.New())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := control.Ask(t.Context(), folder, control.Request{Do: control.Status}); err != nil {
				t.Error(err)
			}
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			for _, place := range []string{folder, runtime} {
				if left, _ := os.ReadDir(place); len(left) != 0 {
					t.Errorf("left behind in %s: %v", place, left)
				}
			}
		})
	}
}

// Whoever asks may go away before the answer.
func TestAskingEndsWithItsContext(t *testing.T) {
	folder := short(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(folder, "control.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			defer conn.Close()
			cancel()
			<-t.Context().Done()
		}
	}()
	if _, err := control.Ask(ctx, folder, control.Request{Do: control.Status}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A run that listens and says nothing, as one that is suspended, is not waited for.
func TestASilentRun(t *testing.T) {
	folder := short(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(folder, "control.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, do := range []event.Command{control.Status, event.CommandPause, event.CommandStop} {
		_, err := control.AskWithin(t.Context(), folder, control.Request{Do: do}, time.Millisecond)
		if !errors.Is(err, control.ErrSilent) {
			t.Errorf("%s: got %v", do, err)
		}
	}
}

// A run that tells where it stands may take longer for a pause than for anything
// else.
func TestAPauseMayTakeLonger(t *testing.T) {
	folder, limit := short(t), 100*time.Millisecond
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(folder, "control.sock"))
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/pause" {
			select {
			case <-time.After(2 * limit):
			case <-r.Context().Done():
			}
		}
		_, _ = w.Write([]byte(`{"status":{"state":"paused"}}`))
	})}
	defer srv.Close()
	go func() { _ = srv.Serve(listener) }()
	s, err := control.AskWithin(t.Context(), folder, control.Request{Do: event.CommandPause}, limit)
	if err != nil || s.Phase != run.PhasePaused {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestHoldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hold")
	synctest.Test(t, func(t *testing.T) {
		c := run.New()
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		defer control.WatchHoldFile(path, strings.TrimSpace, c)()
		want := func(phase run.Phase, why string) {
			t.Helper()
			if s := c.Status(time.Now()); s.Phase != phase || s.Why != why {
				t.Errorf("got %s: %q, want %s: %q", s.Phase, s.Why, phase, why)
			}
		}
		want(run.PhaseHeld, "held by the file "+path)
		if err := os.WriteFile(path, []byte("  frozen\x1b[1m \r\nuntil noon\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		want(run.PhaseHeld, "held by the file "+path+": frozen [1m")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		want(run.PhaseStarting, "")
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		want(run.PhaseHeld, "held by the file "+path)
	})
}
