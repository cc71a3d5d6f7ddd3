package pgtest

import (
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/internal/freeport"
)

// Standby is a copy of the server, which follows it through a port, as long as that leads to it.
func (s *Server) Standby(t testing.TB, port string) *Server {
	t.Helper()
	copied := &Server{bin: s.bin, data: s.data + "-standby"}
	out, err := s.command("pg_basebackup", "-D", copied.data, "-h", "127.0.0.1", "-p", port, "-U", superuser, "-X", "stream", "-c", "fast", "--no-sync", "-R").CombinedOutput()
	if err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	if copied.Port, err = freeport.Find(); err == nil {
		err = copied.Restart()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { copied.Stop(syscall.SIGQUIT) })
	return copied
}

// Promote makes a standby a server of its own.
func (s *Server) Promote(t testing.TB) {
	t.Helper()
	if done := s.Administer(t, "postgres", "SELECT pg_promote()"); done != "t" {
		t.Fatalf("not promoted: %s", done)
	}
}

// Caught waits until the standbys of a server have all that it has.
func (s *Server) Caught(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(readyWithin); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) { //nolint:forbidigo // a server's
		behind := s.Administer(t, "postgres", "SELECT count(*) FILTER (WHERE replay_lsn = pg_current_wal_lsn()) FROM pg_stat_replication")
		if behind == "1" {
			return
		}
	}
	t.Fatal("the standby does not follow")
}
