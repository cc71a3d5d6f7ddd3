package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/bulknum/bulknum/internal/safefile"
)

const (
	// secretPatience is how long a command may take that gives a secret.
	secretPatience = 30 * time.Second
	// credentialsFolder names where systemd puts what LoadCredential= and SetCredential= give (systemd.exec(5)), and
	// credentialOfSecret is the name of the secret's.
	credentialsFolder  = "CREDENTIALS_DIRECTORY"
	credentialOfSecret = "account-secret"
)

// accountSecret returns the account's secret from its variable, the file or the command that one names, or else, if it is
// needed, from systemd; "": there is none.
func accountSecret(ctx context.Context, s Streams, needed bool) (string, error) {
	command := s.getenv(secretVariable + "_COMMAND")
	given := s.getenv(secretVariable)+s.getenv(secretVariable+"_FILE") != ""
	switch {
	case command != "" && given:
		return "", fmt.Errorf("both %s_COMMAND and %s or %s_FILE are set: use one", secretVariable, secretVariable, secretVariable)
	case command != "":
		return secretOfCommand(ctx, s, command)
	case given || !needed || !filepath.IsAbs(s.getenv(credentialsFolder)):
		return readSecret(s, secretVariable)
	}
	content, err := safefile.ReadSmall(filepath.Join(s.getenv(credentialsFolder), credentialOfSecret), maxSecretFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("$%s/%s: %w", credentialsFolder, credentialOfSecret, withoutPath(err))
	}
	secret, err := secretOf(content)
	if err == nil && secret == "" {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return "", fmt.Errorf("$%s/%s: %w", credentialsFolder, credentialOfSecret, err)
	}
	return secret, nil
}

// secretCommandError is why a command gave no secret. Nothing of what it wrote is in it.
type secretCommandError struct{ why error }

func (e *secretCommandError) Error() string { return secretVariable + "_COMMAND: " + e.why.Error() }
func (e *secretCommandError) Unwrap() error { return e.why }

// secretOfCommand carries a command out, without a shell, and returns the one line that it writes. Of the environment it
// gets what belongs to neither bulknum nor an account.
func secretOfCommand(ctx context.Context, s Streams, line string) (string, error) {
	words, err := commandWords(line)
	if err != nil {
		return "", &secretCommandError{err}
	}
	name := filepath.Base(words[0]) // the rest may have a secret
	limited, cancel := context.WithTimeout(ctx, secretPatience)
	defer cancel()
	wrote := &limitedBuffer{limit: maxSecretFile}
	cmd := exec.CommandContext(limited, words[0], words[1:]...) //nolint:gosec // it is what the operator asks for
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	alone(cmd)
	cmd.Env, cmd.Stdout, cmd.WaitDelay = foreignVariables(s), wrote, gatePatience
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case limited.Err() != nil:
		return "", &secretCommandError{fmt.Errorf("%s took longer than %s", name, secretPatience)}
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return "", &secretCommandError{fmt.Errorf("%s: %w", name, withoutPath(err))}
	}
	secret, err := secretOf(wrote.kept)
	if err == nil && secret == "" {
		err = errors.New("it wrote nothing")
	}
	if err != nil {
		return "", &secretCommandError{fmt.Errorf("%s: what it wrote: %w", name, err)}
	}
	return secret, nil
}

// foreignVariables are those of the environment that belong to neither bulknum nor an account.
func foreignVariables(s Streams) []string {
	kept := []string{} // nil would be the whole environment
	if s.Environ == nil {
		return kept
	}
	for _, pair := range s.Environ() {
		if !strings.HasPrefix(pair, environmentPrefix) && !strings.HasPrefix(pair, credentialPrefix) {
			kept = append(kept, pair)
		}
	}
	return kept
}

// commandWords are the words of a command's line: blanks part them, except between quotes, "…" or '…', which mean nothing
// else. There is no shell.
func commandWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	begun := false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, begun = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is left open")
	}
	if begun {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, errors.New("it names no command")
	}
	return words, nil
}

// limitedBuffer keeps what is written to it, up to a limit, beyond which writing fails.
type limitedBuffer struct {
	kept  []byte
	limit int
}

// Write fails beyond the limit.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	if len(b.kept)+len(p) > b.limit {
		return 0, fmt.Errorf("it wrote more than %d bytes", b.limit)
	}
	b.kept = append(b.kept, p...)
	return len(p), nil
}
