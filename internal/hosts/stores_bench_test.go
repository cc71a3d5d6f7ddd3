//go:build linux

package hosts

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// BenchmarkStores is a whole command beside another one with the other store, without a rate: an apply of so many rows, and the
// resume of one that was asked to stop in the middle. The server in these tests does not sync, and counts its own commits: those
// of rows, and of the rate.
func BenchmarkStores(b *testing.B) {
	const rows = 2000
	for _, kind := range []string{"SQLite", "PostgreSQL"} {
		for _, command := range []string{"apply", "resume"} {
			b.Run(kind+"/"+command, func(b *testing.B) {
				var took time.Duration
				done, commits := 0, 0
				for range b.N {
					s := newSite(b, pgtest.Shared(b), sandbox.Config{})
					s.blind = true
					h := s.host("first")
					if kind == "SQLite" {
						h.env = without(h.env, "BULKNUM_STORE")
					}
					if err := h.write("many.csv", rows); err != nil {
						b.Fatal(err)
					}
					timed, before := []string{"apply", "many.csv", "--all", "--yes", "--run", "one"}, 0
					if command == "resume" {
						half := s.after(rows / 2)
						c := h.start(append(timed, "--rate", "1000000/s", "--workers", "16")...)
						<-half
						c.signal(syscall.SIGTERM)
						c.code()
						timed, before = []string{"resume", "one", "--yes"}, len(s.seen())
					}
					committed := s.committed()
					began := time.Now()
					h.run(0, append(timed, "--rate", "1000000/s", "--workers", "16")...)
					took += time.Since(began)
					commits += s.committed() - committed
					done += len(s.seen()) - before
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(done)/took.Seconds(), "rows/s")
				if kind == "PostgreSQL" {
					b.ReportMetric(float64(commits)/took.Seconds(), "commits/s")
				}
			})
		}
	}
}

// without is an environment that lacks some variables.
func without(env []string, names ...string) (kept []string) {
	for _, variable := range env {
		lacks := false
		for _, name := range names {
			lacks = lacks || strings.HasPrefix(variable, name+"=")
		}
		if !lacks {
			kept = append(kept, variable)
		}
	}
	return kept
}

// committed is how often something was committed in the store's database, as far as the server has counted it.
func (s *site) committed() int {
	n, err := strconv.Atoi(s.ask("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"))
	if err != nil {
		s.t.Fatal(fmt.Errorf("commits: %w", err))
	}
	return n
}
