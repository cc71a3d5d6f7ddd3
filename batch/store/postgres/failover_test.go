package postgres_test

import (
	"errors"
	"path"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
)

// cluster is a server with a standby, whose stream can be cut, behind an address that leads to the one that is in charge.
type cluster struct {
	primary, standby *pgtest.Server
	address, stream  *network.Network
	o                postgres.Options
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{primary: pgtest.New(t)}
	c.stream = c.lead(t, c.primary)
	database := c.primary.NewDatabase(t, pgtest.Empty)
	if _, _, err := postgres.Migrate(t.Context(), postgres.Options{Address: postgres.Address(database)}); err != nil {
		t.Fatal(err)
	}
	c.standby = c.primary.Standby(t, c.stream.Port())
	c.address = c.lead(t, c.primary)
	c.o = postgres.Options{State: t.TempDir(), Timeout: time.Millisecond, Address: postgres.Address(strings.Replace(database, between(database, "@", "/"), c.address.Address(), 1))}
	return c
}

// lead is a network to a server.
func (c *cluster) lead(t *testing.T, to *pgtest.Server) *network.Network {
	t.Helper()
	n, err := network.Between(between(to.Address("x"), "@", "/"))
	behaviour.Must(t, err)
	t.Cleanup(n.Close)
	return n
}

// failOver lets the standby take over, as it is.
func (c *cluster) failOver(t *testing.T) {
	t.Helper()
	c.address.Down()
	c.primary.Stop(syscall.SIGQUIT)
	c.standby.Promote(t)
	c.address.Lead(between(c.standby.Address("x"), "@", "/"))
	c.address.Heal()
}

// at is the store's database at one of the servers.
func (c *cluster) at(s *pgtest.Server) string { return s.Address(path.Base(string(c.o.Address))) }

// What a standby lacks that takes over is written again, before anything else is; and it is a moment after which nothing is
// believed of those who cannot write it again.
func TestAPromotedStandbyGetsWhatItLacks(t *testing.T) {
	c := newCluster(t)
	told := make(chan string, 10)
	c.o.Notice = func(text string) { told <- text }
	s, run, lock := running(t, c.o)
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
	c.primary.Caught(t)
	if report, err := s.Check(t.Context()); err != nil || len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "standbys: 1") {
		t.Errorf("%q, %v", report.Warnings, err)
	}
	c.stream.Stall()
	behaviour.Must(t, s.Append(run.ID, behaviour.Done(2, result.Updated)))
	late := behaviour.Intent(3)
	behaviour.Must(t, s.Append(run.ID, late))
	behaviour.Must(t, s.Append(run.ID, &store.Requests{Requests: []store.Request{{At: behaviour.At(1), Doc: []byte(`{"attempt":1}`)}}}))
	had := late.Sequence
	c.failOver(t)
	if n := c.standby.Execute(t, c.at(c.standby), "SELECT (SELECT count(*) FROM bulknum.intents) || ' ' || (SELECT count(*) FROM bulknum.results)"); n != "1 0" {
		t.Fatalf("the standby has %s: the test shows nothing", n)
	}
	behaviour.Must(t, lock.Held())
	behaviour.Must(t, s.Append(run.ID, behaviour.Done(3, result.Updated)))
	if late.Sequence <= had {
		t.Errorf("the number %d was used again: %d", had, late.Sequence)
	}
	if text := <-told; !strings.Contains(text, "took over") || !strings.Contains(text, "records: 3") {
		t.Errorf("it says %q", text)
	}
	writes := behaviour.List(t, s.Writes(t.Context(), store.WriteFilter{Run: run.ID}))
	if len(writes) != 2 || writes[0].Status != result.Updated || writes[1].Status != result.Updated {
		t.Errorf("writes %+v", writes)
	}
	if requests := behaviour.List(t, s.Requests(t.Context(), run.ID)); len(requests) != 1 {
		t.Errorf("%d requests", len(requests))
	}
	gaps, err := s.Gaps(t.Context(), run.Account.ID)
	if err != nil || len(gaps) != 1 || !strings.Contains(gaps[0].Why, "took over") {
		t.Errorf("gaps %+v, %v", gaps, err)
	}
	lock.Release()
	behaviour.Must(t, s.Close())
	if gaps, err := open(t, c.o).Gaps(t.Context(), run.Account.ID); err != nil || len(gaps) != 1 {
		t.Errorf("the same server counts twice: %+v, %v", gaps, err)
	}
}

// A standby that lacks that the account was taken has that again; but not if somebody took it there.
func TestATakingThatWasLostIsEnteredAgain(t *testing.T) {
	for name, taken := range map[string]bool{"nobody": false, "somebody": true} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			s, run, lock := running(t, c.o)
			lock.Release()
			c.primary.Caught(t)
			c.stream.Stall()
			_, _, err := lockAccount(t, s, "bulknum resume")
			behaviour.Must(t, err)
			behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
			c.failOver(t)
			if taken {
				other := anotherHost(t, c.o)
				other.Address = postgres.Address(c.at(c.standby))
				_, theirs, err := lockAccount(t, open(t, other), "bulknum apply")
				behaviour.Must(t, err)
				theirs.Release()
			}
			err = s.Append(run.ID, behaviour.Intent(3))
			if _, broken := errors.AsType[*store.BrokenError](err); broken != taken {
				t.Errorf("got %v", err)
			}
			if taken {
				return
			}
			if n := intents(t, c.o, run); n != 2 {
				t.Errorf("%d intents", n)
			}
			if _, _, err := lockAccount(t, open(t, anotherHost(t, c.o)), ""); err == nil {
				t.Error("it is not locked there")
			}
		})
	}
}

// A standby is refused, as long as it is one: it cannot be written.
func TestAStandbyIsRefused(t *testing.T) {
	c := newCluster(t)
	c.primary.Caught(t)
	_, err := postgres.Open(t.Context(), postgres.Options{Address: postgres.Address(c.at(c.standby)), State: t.TempDir()})
	if why := refused(t, err); !strings.Contains(why.Why, "is a standby") || why.Cure != "give the primary's address" {
		t.Errorf("got %v", why)
	}
}

// Who has a run waits for a standby that the address leads to before it has taken over.
func TestAStandbyThatTakesOverIsWaitedFor(t *testing.T) {
	c := newCluster(t)
	told := make(chan string, 10)
	c.o.Notice = func(text string) { told <- text }
	s, run, _ := running(t, c.o)
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
	c.primary.Caught(t)
	c.address.Down()
	c.primary.Stop(syscall.SIGQUIT)
	c.address.Lead(between(c.standby.Address("x"), "@", "/"))
	c.address.Heal()
	appended := make(chan error)
	go func() { appended <- s.Append(run.ID, behaviour.Done(2, result.Updated)) }()
	select {
	case text := <-told:
		if !strings.Contains(text, "is a standby") {
			t.Errorf("it says %s", text)
		}
	case err := <-appended:
		t.Fatalf("it was not waited for: %v", err)
	}
	c.standby.Promote(t)
	behaviour.Must(t, <-appended)
}

// A run that the standby lacks cannot be made again: others know its number. The writing ends, and whoever comes is refused.
func TestARunThatWasLostEndsTheWriting(t *testing.T) {
	c := newCluster(t)
	s := open(t, c.o)
	a, _, err := lockAccount(t, s, "bulknum apply")
	behaviour.Must(t, err)
	c.primary.Caught(t)
	c.stream.Stall()
	run := behaviour.NewRun(t, s, a, "one")
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
	c.failOver(t)
	err = s.Append(run.ID, behaviour.Intent(3))
	if _, broken := errors.AsType[*store.BrokenError](err); !broken || !strings.Contains(err.Error(), "another server is in its place") {
		t.Errorf("got %v", err)
	}
	_ = s.Close()
	_, err = postgres.Open(t.Context(), c.o)
	if why := refused(t, err); !strings.Contains(why.Why, "older than it was") || !strings.Contains(why.Cure, "accept-restored") {
		t.Errorf("got %v, %s", why, why.Cure)
	}
	accepted, err := postgres.AcceptRestored(t.Context(), c.o)
	if err != nil || accepted.Gap.Sequence == 0 {
		t.Fatalf("%+v, %v", accepted, err)
	}
	if gaps, err := open(t, c.o).Gaps(t.Context(), a.ID); err != nil || len(gaps) != 2 {
		t.Errorf("gaps %+v, %v", gaps, err)
	}
}

// A commit that is under way when a standby takes over was made there, or is made there.
func TestACommitInAFailoverIsMadeOnce(t *testing.T) {
	for name, has := range map[string]bool{"the standby has it": true, "the standby lacks it": false} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			s, run, _ := running(t, c.o)
			c.primary.Caught(t)
			if !has {
				c.stream.Stall()
			}
			over := make(chan struct{})
			c.address.OnSent(func(b []byte) ([]byte, network.Cutting) {
				if !strings.Contains(string(b), "COMMIT") {
					return b, network.No
				}
				c.address.OnSent(nil)
				go func() {
					defer close(over)
					if time.Sleep(100 * time.Millisecond); has {
						c.primary.Caught(t)
					}
					c.failOver(t)
				}()
				return b, network.No
			})
			c.address.OnAnswered(func(b []byte) ([]byte, network.Cutting) {
				if strings.Contains(string(b), "COMMIT") {
					c.address.OnAnswered(nil)
					<-over
				}
				return b, network.No
			})
			behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
			behaviour.Must(t, s.Append(run.ID, behaviour.Intent(3)))
			if n := c.standby.Execute(t, c.at(c.standby), "SELECT count(*) FROM bulknum.intents"); n != "2" {
				t.Errorf("%s intents", n)
			}
		})
	}
}

// A commit that a crash loses is made again, although the server then gives the transaction's number to somebody else.
func TestACommitInACrashIsMadeOnce(t *testing.T) {
	server := pgtest.New(t)
	server.Administer(t, "postgres", "ALTER SYSTEM SET wal_writer_delay = '10s'") // what is not committed is not on the disk
	server.Stop(syscall.SIGINT)
	behaviour.Must(t, server.Restart())
	ways := map[string]func(*network.Network, network.Look){"it is lost": (*network.Network).OnSent, "its answer is lost": (*network.Network).OnAnswered}
	for name, look := range ways {
		t.Run(name, func(t *testing.T) {
			address := server.NewDatabase(t, pgtest.Empty)
			if _, _, err := postgres.Migrate(t.Context(), postgres.Options{Address: postgres.Address(address)}); err != nil {
				t.Fatal(err)
			}
			n, behind := through(t, postgres.Options{Address: postgres.Address(address), State: t.TempDir()})
			s, run, _ := running(t, behind)
			server.Execute(t, address, "CREATE TABLE others (n INTEGER)")
			var crashed error
			look(n, func(b []byte) ([]byte, network.Cutting) {
				if !strings.Contains(string(b), "COMMIT") {
					return b, network.No
				}
				look(n, nil)
				server.Stop(syscall.SIGQUIT)
				if crashed = server.Restart(); crashed == nil {
					_, crashed = server.Run(address, strings.Repeat("BEGIN; INSERT INTO others VALUES (1); COMMIT;", 10))
				}
				return b, network.Before
			})
			behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
			behaviour.Must(t, s.Append(run.ID, behaviour.Intent(3)))
			behaviour.Must(t, crashed)
			if n := server.Execute(t, address, "SELECT string_agg(line::text, ' ' ORDER BY sequence) FROM bulknum.intents"); n != "2 3" {
				t.Errorf("intents of the lines %s", n)
			}
			behaviour.Must(t, s.Close())
			if n := server.Execute(t, address, "SELECT count(*) FROM bulknum.writers"); n != "0" {
				t.Errorf("%s writers", n)
			}
		})
	}
}
