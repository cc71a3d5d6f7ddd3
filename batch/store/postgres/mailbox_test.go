package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
)

// patience is for how long something is waited for that takes a moment, on a machine that is busy.
const patience = 3 * time.Minute

// receive has what is asked of a run answered, until stop.
func receive(t *testing.T, s *postgres.Store, run store.Run, answer func(store.Message) string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Receive(ctx, run.ID, answer)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// lockedRun is a run that is carried out.
func lockedRun(t *testing.T, o postgres.Options) (*postgres.Store, store.Run) {
	t.Helper()
	s, run, _ := running(t, o)
	_, err := s.LockRun(t.Context(), run.ID, store.Myself("run", "bulknum apply"), 0)
	behaviour.Must(t, err)
	return s, run
}

// commands is how many requests there are.
func commands(t *testing.T, o postgres.Options) string {
	t.Helper()
	return pgtest.Shared(t).Execute(t, string(o.Address), countCommands)
}

const countCommands = "SELECT count(*) FROM bulknum.commands"

// A run is asked from another host, whose role is told, and answers at once: it is woken, and looks by itself where that is lost. So it
// does after its connections were lost.
func TestARunIsAskedThroughTheStore(t *testing.T) {
	o := newStore(t)
	s, run := lockedRun(t, o)
	stop := receive(t, s, run, func(m store.Message) string { return m.Role + " asks: " + m.Text })
	reading := anotherHost(t, o)
	reading.ReadOnly = true
	other := open(t, reading)
	for range 3 {
		answer, err := other.Ask(t.Context(), run.ID, "how are you\x00?", patience)
		if err != nil || answer != "bulknum asks: how are you\uFFFD?" {
			t.Errorf("got %q, %v", answer, err)
		}
	}
	unheard, through := through(t, anotherHost(t, o))
	unheard.OnSent(func(b []byte) ([]byte, network.Cutting) {
		return bytes.ReplaceAll(b, []byte("NOTIFY bulknum_commands"), []byte("NOTIFY bulknum_somebody")), network.No
	})
	if answer, err := open(t, through).Ask(t.Context(), run.ID, "asleep?", patience); err != nil || answer != "bulknum asks: asleep?" {
		t.Errorf("without being woken: %q, %v", answer, err)
	}
	pgtest.Shared(t).Execute(t, string(o.Address), "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE query ~ 'LISTEN|commands' AND pid <> pg_backend_pid()")
	if answer, err := open(t, anotherHost(t, o)).Ask(t.Context(), run.ID, "again", patience); err != nil || answer != "bulknum asks: again" {
		t.Errorf("after the connection was lost: %q, %v", answer, err)
	}
	stop()
	if n := commands(t, o); n != "0" {
		t.Errorf("%s requests are left", n)
	}
}

// A request, or its answer, that is lost on the way does not count twice: neither where it was entered without who asked hearing so,
// nor where the run took it without hearing so.
func TestARequestIsDoneOnce(t *testing.T) {
	o := newStore(t)
	loses := func(n *network.Network, text string) {
		var lost atomic.Bool
		t.Cleanup(func() {
			if !lost.Load() {
				t.Errorf("%q was not lost", text)
			}
		})
		n.OnAnswered(func(b []byte) ([]byte, network.Cutting) {
			if bytes.Contains(b, []byte(text)) && lost.CompareAndSwap(false, true) {
				return b, network.Before
			}
			return b, network.No
		})
	}
	way, holds := through(t, o)
	s, run := lockedRun(t, holds)
	loses(way, "UPDATE 1\x00")
	var asked atomic.Int32
	defer receive(t, s, run, func(store.Message) string { return strconv.Itoa(int(asked.Add(1))) })()
	theirs, asks := through(t, anotherHost(t, o))
	other := open(t, asks)
	loses(theirs, "COMMIT\x00")
	ctx, gone := context.WithTimeout(t.Context(), 20*time.Second)
	defer gone()
	if answer, err := other.Ask(ctx, run.ID, "next", 10*time.Second); err != nil || answer != "1" || asked.Load() != 1 {
		t.Errorf("got %q, %v; it was asked %d times", answer, err, asked.Load())
	}
}

// What nobody takes in time, nobody takes later; an answer that takes long is waited for as long as who asks wants.
func TestARequestExpires(t *testing.T) {
	o := newStore(t)
	s, run := lockedRun(t, o)
	other := open(t, anotherHost(t, o))
	if _, err := other.Ask(t.Context(), run.ID, "stop", 300*time.Millisecond); !errors.Is(err, store.ErrUntaken) {
		t.Errorf("nobody listens: %v", err)
	}
	leaves, gone := context.WithCancelCause(t.Context())
	go func() {
		for n := ""; n != "1"; { // it is asked for
			n, _ = pgtest.Shared(t).Run(string(o.Address), countCommands)
		}
		gone(errors.New("gone home"))
	}()
	if _, err := other.Ask(leaves, run.ID, "stop", time.Hour); !errors.Is(err, store.ErrUntaken) || !strings.Contains(err.Error(), "gone home") {
		t.Errorf("who asked gives up: %v", err)
	}
	pgtest.Shared(t).Execute(t, string(o.Address), `INSERT INTO bulknum.commands (run, request, expires_at) SELECT id, 'stop', 0 FROM bulknum.runs`)
	asked, left := make(chan string, 10), make(chan struct{})
	leaving, leave := context.WithCancel(t.Context())
	defer receive(t, s, run, func(m store.Message) string {
		asked <- m.Text
		leave()
		<-left
		return "done"
	})()
	if _, err := other.Ask(leaving, run.ID, "pause", time.Hour); err == nil || errors.Is(err, store.ErrUntaken) {
		t.Errorf("it was taken, and not answered in time: %v", err)
	}
	close(left)
	if answer, err := other.Ask(t.Context(), run.ID, "pause", patience); err != nil || answer != "done" {
		t.Errorf("got %q, %v", answer, err)
	}
	if n := commands(t, o); len(asked) != 2 || n != "0" {
		t.Errorf("asked for %d times; %s requests are left", len(asked), n)
	}
}

// Who gives up while a request is entered leaves none behind, whatever became of the commit.
func TestWhoGivesUpLeavesNoRequest(t *testing.T) {
	o := newStore(t)
	_, run := lockedRun(t, o)
	p, behind := through(t, anotherHost(t, o))
	other := open(t, behind)
	leaving, leave := context.WithCancel(t.Context())
	p.OnSent(func(b []byte) ([]byte, network.Cutting) {
		if bytes.Contains(bytes.ToLower(b), []byte("commit\x00")) {
			leave()
		}
		return b, network.No
	})
	if _, err := other.Ask(leaving, run.ID, "stop", time.Hour); !errors.Is(err, store.ErrUntaken) {
		t.Errorf("got %v", err)
	}
	if n := commands(t, o); leaving.Err() == nil || n != "0" {
		t.Errorf("%s requests are left", n)
	}
}

// Who was taken over takes nothing that is asked of the next holder.
func TestWhoWasTakenOverIsNotAsked(t *testing.T) {
	o := newStore(t)
	s, run := lockedRun(t, o)
	defer receive(t, s, run, func(store.Message) string { return "the first" })()
	endSessions(t, o)
	second := open(t, anotherHost(t, o))
	_, err := second.LockRun(t.Context(), run.ID, store.Myself("", "bulknum resume"), time.Second)
	behaviour.Must(t, err)
	other := open(t, anotherHost(t, o))
	if _, err := other.Ask(t.Context(), run.ID, "stop", 3*time.Second); !errors.Is(err, store.ErrUntaken) {
		t.Errorf("got %v", err)
	}
	defer receive(t, second, run, func(store.Message) string { return "the second" })()
	if answer, err := other.Ask(t.Context(), run.ID, "stop", patience); err != nil || answer != "the second" {
		t.Errorf("got %q, %v", answer, err)
	}
}

// However many runs of a process listen, queries have connections left.
func TestWhoListensLeavesRoomForQueries(t *testing.T) {
	s, run := lockedRun(t, newStore(t))
	for range 8 {
		t.Cleanup(receive(t, s, run, func(store.Message) string { return "" }))
	}
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		ctx, done := context.WithTimeout(t.Context(), patience)
		_, err := s.Run(ctx, run.Name)
		done()
		behaviour.Must(t, err)
		if s.Pool.DB.Stats().InUse >= 8 {
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("only %d connections are used", s.Pool.DB.Stats().InUse)
		}
	}
}
