package control_test

import (
	"bufio"
	"context"
	"errors"
	"net"
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
	if err != nil || a.Status.Phase != run.PhasePaused || strings.Contains(a.Status.Why, "\x1b") {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := control.Ask(t.Context(), folder, control.Request{Do: "dance"}); err == nil {
		t.Error("a run did what it does not know")
	}
	if _, err := control.Ask(t.Context(), folder, control.Request{Do: event.CommandContinue}); err != nil {
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
	_, server := serve(t, folder)
	for _, line := range []string{"hello\n", `{"version":99,"do":"pause"}` + "\n", strings.Repeat("x", 10_000) + "\n"} {
		conn := dial(t, folder)
		_, _ = conn.Write([]byte(line)) // the run may hang up before it has it all
		answer, err := bufio.NewReader(conn).ReadString('\n')
		if err == nil && !strings.Contains(answer, `"error":"`) {
			t.Errorf("%.20s was answered: %s", line, answer)
		}
	}
	silent := dial(t, folder)
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if _, err := silent.Read(make([]byte, 1)); err == nil {
		t.Error("one who said nothing was answered")
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

func TestHoldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hold")
	synctest.Test(t, func(t *testing.T) {
		c := run.New()
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		defer control.WatchHoldFile(path, c)()
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
