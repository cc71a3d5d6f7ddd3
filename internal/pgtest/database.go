package pgtest

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"testing"
)

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
		IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '%s') THEN %s; CREATE ROLE %s LOGIN PASSWORD '%s'%s; END IF;
		EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another test has just made them
		END $$`,
		login, group, login, password, member))
	return as(login), err
}
