package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/batch/store/sqlite/quota"
	"github.com/bulknum/bulknum/client/gate"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
)

// withAccount are options of a store that knows an account.
func withAccount(t *testing.T) (postgres.Options, store.Account) {
	t.Helper()
	o := newStore(t)
	a, err := open(t, o).Account(t.Context(), "https://api.example.com", "DID-1")
	behaviour.Must(t, err)
	return o, a
}

// openQuota opens a quota until the end of the test.
func openQuota(t *testing.T, o postgres.Options, a store.Account, who postgres.QuotaOptions) *postgres.Quota {
	t.Helper()
	q, err := postgres.OpenQuota(o, a, who)
	behaviour.Must(t, err)
	t.Cleanup(func() { _ = q.Close() })
	return q
}

// The function in the database does what SQLite's budget does, whatever it is asked.
func TestTheFunctionDoesWhatTheBudgetOfAFileDoes(t *testing.T) {
	o, a := withAccount(t)
	var now time.Time
	clock := func() time.Time { return now }
	who := map[bool]*postgres.Quota{}
	for _, run := range []bool{true, false} {
		who[run] = openQuota(t, o, a, postgres.QuotaOptions{Run: run, Longest: 3 * time.Minute}.WithClock(clock))
	}
	now = time.UnixMicro(1_800_000_000_000_000)
	turns := map[bool]int64{}
	rapid.Check(t, func(rt *rapid.T) {
		now = now.Add(24 * time.Hour) // what was is over
		var b quota.Budget
		for step := range rapid.IntRange(1, 30).Draw(rt, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 8_000_000).Draw(rt, "later")) * time.Microsecond)
			run := rapid.Bool().Draw(rt, "run")
			if rapid.IntRange(0, 9).Draw(rt, "what") == 0 {
				wait := time.Duration(rapid.IntRange(1, 250).Draw(rt, "wait")) * time.Second
				behaviour.Must(t, who[run].PushBack(t.Context(), wait))
				b.PushBack(now, wait)
				continue
			}
			every := time.Duration(rapid.IntRange(1, 3_000_000).Draw(rt, "every")) * time.Microsecond
			n := rapid.IntRange(1, 5).Draw(rt, "n")
			want, turn, wanted := b.Take(now, quota.Asker{Run: run, Longest: 3 * time.Minute, Turn: turns[run]}, every, n)
			turns[run] = turn
			got, err := who[run].Take(t.Context(), every, n)
			if fmt.Sprint(err) != fmt.Sprint(wanted) || got.Taken != want.Taken || got.Asked != want.Asked || !got.Begins.Equal(want.Begins) && err == nil {
				rt.Fatalf("step %d: got %+v, %v, want %+v, %v", step, got, err, want, wanted)
			}
		}
	})
}

// Two hosts and software of others take from one budget, by the server's clock.
func TestHostsShareABudget(t *testing.T) {
	o, a := withAccount(t)
	const every = 20 * time.Millisecond
	var all sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	began := time.Now()
	for host := range 3 {
		q := openQuota(t, o, a, postgres.QuotaOptions{Run: host == 0, Longest: time.Minute})
		all.Go(func() {
			for time.Since(began) < time.Second {
				slot, err := q.Take(t.Context(), every, 1)
				if err != nil {
					t.Error(err)
					return
				}
				time.Sleep(time.Until(slot.Begins))
				if slot.Taken {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	// Each has taken one slot ahead at most.
	if most := int(time.Since(began)/every) + 3; taken > most || taken == 0 {
		t.Errorf("%d slots were taken in %v, of %d", taken, time.Since(began), most)
	}
	next := pgtest.Shared(t).Execute(t, string(o.Address), "SELECT taken, wait < interval '1 minute' FROM bulknum.take_slot('https://api.example.com', 'DID-1', interval '20 milliseconds', run => true)")
	if next != "t|t" {
		t.Errorf("other software is told %q", next)
	}
}

// Who may only take slots sees and changes nothing else.
func TestTheQuotasRole(t *testing.T) {
	o, _ := withAccount(t)
	server := pgtest.Shared(t)
	role, address := server.NewRole(t, string(o.Address))
	server.Execute(t, string(o.Address), "GRANT USAGE ON SCHEMA bulknum TO "+role+"; GRANT EXECUTE ON FUNCTION bulknum.take_slot TO "+role)
	if got := server.Execute(t, address, "SELECT taken FROM bulknum.take_slot('https://api.example.com', 'DID-1', interval '1250 milliseconds')"); got != "t" {
		t.Errorf("got %q", got)
	}
	for _, statement := range []string{"SELECT * FROM bulknum.quotas", "SELECT * FROM bulknum.accounts", "UPDATE bulknum.quotas SET next = 0", "DELETE FROM bulknum.runs"} {
		if got := server.Execute(t, address, "DO $$ BEGIN "+strings.Replace(statement, "SELECT *", "PERFORM 1", 1)+
			"; RAISE EXCEPTION 'it may'; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$"); got != "" {
			t.Errorf("%s: %s", statement, got)
		}
	}
	// A table of theirs in the way of a name is not looked at.
	if got := server.Execute(t, address, "CREATE TEMP TABLE keys (api text, key text, account bigint); SELECT taken FROM bulknum.take_slot('https://api.example.com', 'DID-1', interval '1 second')"); got != "t" {
		t.Errorf("got %q", got)
	}
}

func TestAnUnknownAccountHasNoBudget(t *testing.T) {
	o, a := withAccount(t)
	a.Key = "DID-2"
	_, err := openQuota(t, o, a, postgres.QuotaOptions{Longest: time.Minute}).Take(t.Context(), time.Second, 1)
	if err == nil || !strings.Contains(err.Error(), "the store knows no account of key DID-2 at https://api.example.com") {
		t.Errorf("got %v", err)
	}
}

// While the server is away nothing is taken; when it is there again, that goes on; and who has no patience ends.
func TestAQuotaWaitsForItsServer(t *testing.T) {
	o, a := withAccount(t)
	p, o := through(t, o)
	told := make(chan string, 10)
	o.Notice = func(text string) { told <- text }
	q := openQuota(t, o, a, postgres.QuotaOptions{Longest: time.Minute})
	_, err := q.Take(t.Context(), time.Millisecond, 1)
	behaviour.Must(t, err)
	p.OnSent(func(b []byte) ([]byte, network.Cutting) { return b, network.Before })
	p.Cut()
	hasty := o
	hasty.Patience = 200 * time.Millisecond
	_, err = openQuota(t, hasty, a, postgres.QuotaOptions{}).Take(t.Context(), time.Millisecond, 1)
	if _, broken := errors.AsType[*store.BrokenError](err); !broken || len(told) != 1 {
		t.Errorf("got %v, told %d times", err, len(told))
	}
	<-told
	ended, end := context.WithCancel(t.Context())
	go func() {
		<-told
		end()
	}()
	if _, err := q.Take(ended, time.Millisecond, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	go func() {
		if text := <-told; !strings.Contains(text, "nothing is sent until it can, for at most 30m0s") || strings.Contains(text, "tests") {
			t.Errorf("told %q", text)
		}
		p.OnSent(nil)
	}()
	if _, err = q.Take(t.Context(), time.Millisecond, 1); err != nil {
		t.Error(err)
	}
}

var _ gate.Quota = (*postgres.Quota)(nil)

// What the API has asked for outlasts a crash of the server, which loses slots only.
func TestWhatTheAPIAsksForOutlastsACrash(t *testing.T) {
	server := pgtest.New(t)
	server.Administer(t, "postgres", "ALTER SYSTEM SET wal_writer_delay = '10s'") // nothing else writes what was committed
	server.Administer(t, "postgres", "SELECT pg_reload_conf()")
	o := postgres.Options{Address: postgres.Address(server.NewDatabase(t, pgtest.Empty)), State: t.TempDir()}
	_, _, err := postgres.Migrate(t.Context(), o)
	behaviour.Must(t, err)
	a, err := open(t, o).Account(t.Context(), "https://api.example.com", "DID-1")
	behaviour.Must(t, err)
	q := openQuota(t, o, a, postgres.QuotaOptions{Longest: time.Hour})
	behaviour.Must(t, q.PushBack(t.Context(), time.Minute))
	server.Stop(syscall.SIGQUIT)
	behaviour.Must(t, server.Restart())
	slot, err := q.Take(t.Context(), time.Second, 1)
	if err != nil || !slot.Asked || time.Until(slot.Begins) < 30*time.Second {
		t.Errorf("%+v, %v", slot, err)
	}
}
