// Package pgtest is a private PostgreSQL server for the tests of a package, on a free port of the
// loopback, with nothing of anybody in it.
package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/internal/testextent"
)

// Binaries is where distributions keep PostgreSQL's programs, by version.
const binaries = "/usr/lib/postgresql/*/bin"

// superuser is who owns the server, owner who owns the databases and may do no more, and password that of both.
const superuser, owner, password = "postgres", "bulknum", "of the tests"

// Main runs tests, and then stops the server that they used, if any did. It returns their exit code.
func Main(tests func() int) int {
	dir, err := os.MkdirTemp("", "postgres")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	shared.dir = dir
	code := tests()
	if shared.server != nil {
		shared.server.Stop(syscall.SIGQUIT)
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// shared is the server of a test binary.
var shared struct {
	dir    string
	once   sync.Once
	server *Server
	err    error
	names  atomic.Int64

	made   sync.Once // the template
	unmade error
}

// errNone is a machine without PostgreSQL.
var errNone = errors.New("PostgreSQL is not installed (" + binaries + ")")

// Shared is the server of all tests of a binary, which begins with the first that wants it. Where there is no
// PostgreSQL the test is skipped; where CI is set it fails.
func Shared(t testing.TB) *Server {
	t.Helper()
	needed(t)
	s, err := Get()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// needed skips a test where there is no server.
func needed(t testing.TB) {
	t.Helper()
	if Wanted() {
		return
	}
	testextent.Variant(t) // of the tests that SQLite has
	t.Skip(errNone)
}

// Get is the same server, or why there is none.
func Get() (*Server, error) {
	shared.once.Do(func() { shared.server, shared.err = Start(shared.dir) })
	return shared.server, shared.err
}

// Wanted reports whether tests that need a server are to be run: never where nobody has said how much is to be done;
// where CI is set also without one, and with the race detector.
func Wanted() bool {
	if os.Getenv("CI") != "" {
		return testextent.Given()
	}
	return !testextent.Plain() && len(installed()) > 0
}

// installed are the servers of all versions that are there.
func installed() []string {
	found, err := filepath.Glob(filepath.Join(binaries, "postgres"))
	if err != nil {
		return nil // the pattern is right
	}
	return found
}

// Server is a server.
type Server struct {
	bin, data string
	// Port is where it listens, of 127.0.0.1.
	Port int

	mu      sync.Mutex
	process *exec.Cmd
	ended   chan struct{}
}

// Start makes a server in a folder, and starts it.
func Start(dir string) (*Server, error) {
	found := installed()
	if len(found) == 0 {
		return nil, errNone
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	s := &Server{bin: filepath.Dir(newest), data: filepath.Join(dir, "data")}
	if err := s.initialise(dir); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s.Port = port
	if err := s.Restart(); err != nil {
		return nil, err
	}
	if err := s.createRole(owner); err != nil {
		s.Stop(syscall.SIGQUIT)
		return nil, err
	}
	return s, nil
}

// createRole makes a role that may log in, and nothing else.
func (s *Server) createRole(name string) error {
	out, err := s.command("psql", "-X", "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port), "-U", superuser, "-d", "postgres",
		"-c", "CREATE ROLE "+name+" LOGIN PASSWORD '"+password+"'").CombinedOutput()
	if err != nil {
		return fmt.Errorf("psql: %w\n%s", err, out)
	}
	return nil
}

// NewRole makes a role that owns nothing, and returns its name and the address of a database as it has it.
func (s *Server) NewRole(t testing.TB, address string) (name, as string) {
	t.Helper()
	name = "role" + strconv.FormatInt(shared.names.Add(1), 10)
	if err := s.createRole(name); err != nil {
		t.Fatal(err)
	}
	return name, strings.Replace(address, "//"+owner+":", "//"+name+":", 1)
}

// New is a server of one test.
func New(t testing.TB) *Server {
	t.Helper()
	needed(t)
	dir, err := os.MkdirTemp(shared.dir, "own") //nolint:usetesting // the server's user must get there
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop(syscall.SIGQUIT)
		_ = os.RemoveAll(dir)
	})
	return s
}

// Standby is a copy of the server, which follows it through a port, as long as that leads to it.
func (s *Server) Standby(t testing.TB, port string) *Server {
	t.Helper()
	copied := &Server{bin: s.bin, data: s.data + "-standby"}
	out, err := s.command("pg_basebackup", "-D", copied.data, "-h", "127.0.0.1", "-p", port, "-U", superuser, "-X", "stream", "-c", "fast", "--no-sync", "-R").CombinedOutput()
	if err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	if copied.Port, err = freePort(); err == nil {
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
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) { //nolint:forbidigo // a server's
		behind := s.Administer(t, "postgres", "SELECT count(*) FILTER (WHERE replay_lsn = pg_current_wal_lsn()) FROM pg_stat_replication")
		if behind == "1" {
			return
		}
	}
	t.Fatal("the standby does not follow")
}

// version is that of a program's folder, such as 15.
func version(program string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program))))
	if err != nil {
		return 0
	}
	return n
}

// freePort is a port that nobody listens on.
func freePort() (int, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener
	return port, l.Close()
}

// initialise makes the server's files: the first server's are copied for every other one, which is quicker.
func (s *Server) initialise(dir string) error {
	if err := give(dir); err != nil {
		return err
	}
	shared.made.Do(func() { shared.unmade = s.makeTemplate() })
	if shared.unmade != nil {
		return shared.unmade
	}
	out, err := s.run("cp", "-a", template(), s.data).CombinedOutput()
	if err != nil {
		return fmt.Errorf("cp: %w\n%s", err, out)
	}
	return nil
}

// template is where the files of a server are that nobody has started.
func template() string { return filepath.Join(shared.dir, "template") }

func (s *Server) makeTemplate() error {
	secret := filepath.Join(shared.dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		return err
	}
	if err := give(shared.dir, secret); err != nil {
		return err
	}
	out, err := s.command("initdb", "-D", template(), "-U", superuser, "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	// Not on the command line, which ALTER SYSTEM could not change.
	conf, err := os.OpenFile(filepath.Join(template(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = conf.WriteString("max_connections = 200\n")
	return errors.Join(err, conf.Close())
}

// command is one of PostgreSQL's programs.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	return s.run(filepath.Join(s.bin, name), args...)
}

// run is a program that is run as the server is.
func (s *Server) run(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Dir = filepath.Dir(s.data)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password, "LC_ALL=C")
	cmd.SysProcAttr = attributes()
	return cmd
}

// Restart starts the server after a Stop.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd := s.command("postgres", "-D", s.data, "-p", strconv.Itoa(s.Port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB")
	log, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ready, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		var lines []string
		for text := bufio.NewScanner(log); text.Scan(); {
			if lines = append(lines, text.Text()); strings.Contains(text.Text(), "ready to accept") {
				ready <- nil
			}
		}
		err := cmd.Wait()
		select {
		case ready <- fmt.Errorf("postgres: %w\n%s", err, strings.Join(lines, "\n")):
		default:
		}
	}()
	select {
	case err := <-ready:
		s.process, s.ended = cmd, ended
		return err
	case <-time.After(time.Minute):
		return errors.Join(errors.New("postgres was not ready within a minute"), cmd.Process.Kill())
	}
}

// Stop ends the server: SIGINT as when a machine is shut down, SIGQUIT as when it loses power.
func (s *Server) Stop(how syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		_ = s.process.Process.Signal(how) // or it has ended
		<-s.ended
		s.process = nil
	}
}

// NewDatabase makes a database, as a copy of another one that nobody is connected to, and returns its address.
func (s *Server) NewDatabase(t testing.TB, like string) string {
	t.Helper()
	address, err := s.Create(like)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// Create is NewDatabase without a test.
func (s *Server) Create(like string) (address string, err error) {
	name := "test" + strconv.FormatInt(shared.names.Add(1), 10)
	out, err := s.command("createdb", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port), "-U", superuser, "-O", owner, "-T", like, name).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("createdb: %w\n%s", err, out)
	}
	return s.Address(name), nil
}

// Drop removes a database, by its address.
func (s *Server) Drop(t testing.TB, address string) {
	t.Helper()
	out, err := s.command("dropdb", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port), "-U", superuser, "--force", path.Base(address)).CombinedOutput()
	if err != nil {
		t.Errorf("dropdb: %v\n%s", err, out)
	}
}

// Empty is the name of a database that has nothing.
const Empty = "template1"

// Address is the address of a database.
func (s *Server) Address(database string) string { return s.address(owner, database) }

func (s *Server) address(user, database string) string {
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s", user, strings.ReplaceAll(password, " ", "%20"), s.Port, database)
}

// Administer executes statements in a database, by its name, as who may do anything.
func (s *Server) Administer(t testing.TB, database, statements string) string {
	t.Helper()
	return s.Execute(t, s.address(superuser, database), statements)
}

// Folder is a new folder of the server's user, on which something was mounted; the test is skipped where that is not allowed.
func (s *Server) Folder(t testing.TB, mount func(path string) error) string {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Dir(s.data), "folder") //nolint:usetesting // the server's user must get there
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(mount(dir), give(dir)); err != nil {
		t.Skip(err)
	}
	return dir
}

// Execute executes statements in a database, by its address, and returns what they print.
func (s *Server) Execute(t testing.TB, address, statements string) string {
	t.Helper()
	out, err := s.Run(address, statements)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Run is Execute without a test.
func (s *Server) Run(address, statements string) (printed string, err error) {
	out, err := s.command("psql", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", statements).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("psql: %w\n%s", err, out)
	}
	return strings.TrimSpace(string(out)), err
}

// Login is the address of a database for somebody who can log in and is a member of a role, which is made if it is not there;
// "": of none.
func (s *Server) Login(address, role string) (theirs string, err error) {
	as := func(user string) string { return strings.Replace(address, "://"+owner+":", "://"+user+":", 1) }
	login, group := "a_"+role, "CREATE ROLE "+role
	member := " IN ROLE " + role
	if role == "" {
		login, group, member = "stranger", "NULL", ""
	}
	_, err = s.Run(as(superuser), fmt.Sprintf(`DO $$ BEGIN
		IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '%s') THEN %s; CREATE ROLE %s LOGIN PASSWORD '%s'%s; END IF; END $$`,
		login, group, login, password, member))
	return as(login), err
}
