package model

import (
	"context"
	"math"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
	"github.com/bulknum/bulknum/internal/testextent"
)

// sharedHistories is how many take place in PostgreSQL, in a full run.
const sharedHistories = 10

// shared is a store in PostgreSQL. Its clock goes on in real time, that of a history does not.
type shared struct {
	server  *pgtest.Server
	address string
	// networks are made outside of the bubble, in which somebody who waits for a connection would stop the time.
	networks chan *network.Network
}

// newShared must be called outside the bubble.
func newShared(t *testing.T, server *pgtest.Server, like string) *shared {
	t.Helper()
	s := &shared{server: server, address: server.NewDatabase(t, like), networks: make(chan *network.Network)}
	ended := t.Context().Done()
	go func() {
		for {
			n, err := network.Between(s.host())
			if err != nil {
				panic(err)
			}
			t.Cleanup(n.Close)
			select {
			case s.networks <- n:
			case <-ended:
				return
			}
		}
	}()
	return s
}

// host is where the server is.
func (s *shared) host() string {
	_, host, _ := strings.Cut(s.address, "@")
	host, _, _ = strings.Cut(host, "/")
	return host
}

// open opens the store, as a process of its own does.
func (s *shared) open(ctx context.Context, d durable) (*postgres.Store, error) {
	address := s.address
	if d.network != nil {
		address = strings.Replace(address, s.host(), d.network.Address(), 1)
	}
	return postgres.Open(ctx, postgres.Options{Address: postgres.Address(address + "?sslmode=disable"), State: d.state(), MaxSkew: math.MaxInt64})
}

// endSessions waits until the server knows that the connections of who was killed are gone.
func (s *shared) endSessions(w *world) {
	if _, err := s.server.Run(s.address, `SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY pid`); err != nil {
		w.fatal(err)
	}
}

// No history breaks a law where the store is in PostgreSQL either. What becomes of a store in the runs folder is left out:
// copies that are put back, what is damaged, and the folder that is gone.
func TestHistoriesInPostgreSQL(t *testing.T) {
	server := pgtest.Shared(t)
	model := server.NewDatabase(t, pgtest.Empty)
	if _, _, err := postgres.Migrate(t.Context(), postgres.Options{Address: postgres.Address(model), Program: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := testextent.Checks(sharedHistories); err != nil {
		t.Fatal(err)
	}
	c, base, counted := newCopier(t), t.TempDir(), newCount()
	began := time.Now()
	rapid.Check(t, func(rt *rapid.T) {
		h := history().Draw(rt, "history")
		h.Moves = slices.DeleteFunc(h.Moves, func(m Move) bool { return slices.Contains([]Action{PutBack, Flip, Salvage}, m.Action) })
		for i := range h.Moves {
			h.Moves[i].Meanwhile = slices.DeleteFunc(h.Moves[i].Meanwhile, func(m Happening) bool { return m.What == Vanish })
		}
		counted.histories++
		if broke := replayIn(t, newShared(t, server, path.Base(model)), c, base, counted, known(), &h); len(broke) > 0 {
			rt.Log(dump(broke))
			rt.Fatalf("broken: %s\n%s", broke[0].Law, written(h))
		}
	})
	t.Logf("%d histories in %s\n%s", counted.histories, time.Since(began), counted)
}
