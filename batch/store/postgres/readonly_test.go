package postgres_test

import (
	"path"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// A server that takes nothing for a while, as one that is set so because its disk is full, is waited for.
func TestAServerThatIsReadOnlyForAWhileIsWaitedFor(t *testing.T) {
	o := newStore(t)
	server := pgtest.Shared(t)
	s, run, lock := running(t, o)
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
	told := make(chan store.Away, 2)
	defer s.Watch(func(a store.Away) { told <- a })()
	database := path.Base(string(o.Address))
	set := func(what string) { server.Administer(t, "postgres", "ALTER DATABASE "+database+" "+what) }
	set("SET default_transaction_read_only = on")
	endSessions(t, o)
	go func() {
		if away := <-told; away.Over {
			t.Errorf("told %+v", away)
		}
		set("RESET default_transaction_read_only")
	}()
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(3)))
	select {
	case away := <-told:
		if !away.Over {
			t.Errorf("told %+v", away)
		}
	case <-time.After(patience):
		t.Fatal("nobody was told that it is over")
	}
	behaviour.Must(t, lock.Held())
	if n := intents(t, o, run); n != 2 {
		t.Errorf("%d intents", n)
	}
}
