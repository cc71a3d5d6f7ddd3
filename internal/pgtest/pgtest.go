// Package pgtest is a private PostgreSQL server for the tests of a package, on a free port of the
// loopback, with nothing of anybody in it.
package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/internal/freeport"
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
	port, err := freeport.Find()
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

// version is that of a program's folder, such as 15.
func version(program string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program))))
	if err != nil {
		return 0
	}
	return n
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

// readyWithin is within what time a server takes connections, on a machine that is busy.
const readyWithin = 5 * time.Minute

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
				select {
				case ready <- nil:
				default: // it was ready before one of its processes crashed
				}
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
	case <-time.After(readyWithin):
		return errors.Join(fmt.Errorf("postgres was not ready within %s", readyWithin), cmd.Process.Kill())
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
