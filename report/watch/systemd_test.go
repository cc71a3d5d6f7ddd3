package watch_test

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/report/watch/systemd"
	"github.com/bulknum/bulknum/report/words"
)

// listen is systemd's end: what it is told, a line each.
func listen(t *testing.T) func() []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	t.Setenv(systemd.Variable, path)
	return func() []string {
		buffer := make([]byte, 4<<10)
		if err := socket.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		n, err := socket.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(buffer[:n]), "\n")
	}
}

// systemd is told the status when it changes, that the service is ready once, its end, and until then that it answers.
func TestSystemdIsTold(t *testing.T) {
	told := listen(t)
	t.Setenv("WATCHDOG_USEC", "20000")
	status := control.New()
	s := systemd.Start(func(now time.Time) string { return systemd.Line(status.Status(now)) })
	var got []string
	got = append(got, told()...)
	got = append(got, told()...) // after half of the time
	s.Ready()
	s.Ready()
	s.Close()
	for len(got) < 100 && got[len(got)-1] != "STOPPING=1" {
		got = append(got, told()...)
	}
	if want := []string{"STATUS=Starting", "WATCHDOG=1", "WATCHDOG=1"}; !cmp.Equal(got[:3], want) {
		t.Errorf("it begins with %q", got[:3])
	}
	if n := strings.Count(strings.Join(got, " "), "READY=1"); n != 1 || got[len(got)-1] != "STOPPING=1" {
		t.Errorf("it was told %d times that it is ready: %q", n, got)
	}
}

// What is not there is told nothing.
func TestNobodyIsTold(t *testing.T) {
	var none *systemd.Service
	none.Ready()
	none.Stopping()
	none.Close()
}

// A run's line has how far it is, and nothing of its input.
func TestLine(t *testing.T) {
	ends := time.Date(2026, 11, 24, 4, 12, 0, 0, time.Local)
	for want, s := range map[string]*control.Status{
		"Held":                        {Phase: control.PhaseHeld, Why: "+18015550100 is no more"},
		"Sending: 412 of 10,000 rows": {Phase: control.PhaseSending, Progress: control.Progress{Done: 412, Total: 10000}},
		"Sending: 1 of 2 rows, until " + ends.Format(words.Clock):       {Phase: control.PhaseSending, Progress: control.Progress{Done: 1, Total: 2, Ends: ends}},
		"Between waves: 1 of 2 rows, until " + ends.Format(words.Clock): {Phase: control.PhaseBetween, Progress: control.Progress{Done: 1, Total: 2, Ends: ends}},
	} {
		if got := systemd.Line(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
