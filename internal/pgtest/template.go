package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

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
