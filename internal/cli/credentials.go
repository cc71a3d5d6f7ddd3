package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/safefile"
)

// The variables of credentials, and of the API's address, and how they begin.
const (
	credentialPrefix = "TELEGENT_"

	keyVariable     = "TELEGENT_ACCOUNT_KEY"
	tokenVariable   = "TELEGENT_TOKEN"
	secretVariable  = "TELEGENT_ACCOUNT_SECRET"
	addressVariable = "TELEGENT_API_URL"
)

// credentials takes the address and the credentials from the environment, or from where that says.
func credentials(ctx context.Context, s Streams, c *client.Config) error {
	c.BaseURL = cmp.Or(s.getenv(addressVariable), client.DefaultBaseURL)
	wrong, _ := errors.AsType[*client.ConfigError](client.Config{BaseURL: c.BaseURL}.Validate())
	if wrong != nil && wrong.Field == "BaseURL" { // it is looked at first
		return notAnAddress(c.BaseURL, wrong.Problem)
	}
	key, err1 := readSecret(s, keyVariable)
	token, err2 := readSecret(s, tokenVariable)
	secret, err3 := accountSecret(ctx, s, key != "" && token == "")
	if err := errors.Join(err1, err3, err2); err != nil {
		return &configError{err: err, hint: secretHint(err)}
	}
	if token != "" && key+secret != "" {
		return &configError{
			err: errors.New("both TELEGENT_TOKEN and a key, TELEGENT_ACCOUNT_KEY or TELEGENT_ACCOUNT_SECRET, are set: " +
				"which one is meant is not known"),
			hint: "unset TELEGENT_TOKEN to use the key, which gets tokens for all that is needed; " +
				"or the other two to use the token, which is good for one endpoint: for --all only",
		}
	}
	c.Credentials = client.Credentials{AccountKey: key, AccountSecret: client.NewSecret(secret), Token: client.NewSecret(token)}
	if token == "" {
		return missing(s, key, secret)
	}
	return nil
}

// plainHost is an address that is nothing but a host, so that it can be shown: it has no
// place for a password.
var plainHost = regexp.MustCompile(`^(?:http://)?([A-Za-z0-9.-]+(:[0-9]+)?/?)$`)

// notAnAddress is what is wrong with the address of the API, and its right form.
func notAnAddress(address, problem string) error {
	e := &configError{err: errors.New("TELEGENT_API_URL: " + problem), hint: "write it as in TELEGENT_API_URL=" + client.DefaultBaseURL}
	if host := plainHost.FindStringSubmatch(address); host != nil {
		e.err = fmt.Errorf("TELEGENT_API_URL=%s: %s", address, strings.TrimPrefix(problem, address+": "))
		e.hint = "write it as TELEGENT_API_URL=https://" + host[1]
	}
	return e
}

// missing names what is missing of the key and its secret. To try without them is advice
// for who looks only.
func missing(s Streams, key, secret string) error {
	e := &configError{hint: "set it, or NAME_FILE with a file's path"}
	switch {
	case key == "" && secret == "":
		e.err = errors.New("no credentials: TELEGENT_ACCOUNT_KEY and TELEGENT_ACCOUNT_SECRET are not set")
		e.hint = "set them, or NAME_FILE with a file's path"
	case key == "":
		e.err = errors.New("no credentials: TELEGENT_ACCOUNT_KEY is not set")
	case secret == "":
		e.err = errors.New("no credentials: TELEGENT_ACCOUNT_SECRET is not set")
	default:
		return nil
	}
	if s.InTerminal {
		e.hint += "; to try without: bulknum apply --sandbox FILE"
	}
	return e
}

// secretHint is what helps against an error of a secret's source; "": that says it.
func secretHint(err error) string {
	if _, is := errors.AsType[*secretCommandError](err); is {
		return "carry the command out by hand: what it writes is not shown here, since it may have the secret"
	}
	return ""
}

// maxSecretFile is how many bytes the file of a secret may have.
const maxSecretFile = 64 << 10

// withoutPath is what is wrong with a file, without its path: a secret may have been written where a path belongs.
func withoutPath(err error) error {
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		return wrapped.Err
	}
	return err
}

// readSecret returns a variable, or the content of the file that NAME_FILE names.
func readSecret(s Streams, name string) (string, error) {
	value, path := s.getenv(name), s.getenv(name+"_FILE")
	switch {
	case path == "":
		secret, err := secretOf([]byte(value))
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		return secret, nil
	case value != "":
		return "", fmt.Errorf("both %s and %s_FILE are set: use one", name, name)
	}
	content, err := safefile.ReadSmall(path, maxSecretFile)
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, withoutPath(err))
	}
	secret, err := secretOf(content)
	if err == nil && secret == "" {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	s.warnOfReaders(name+"_FILE", path)
	return secret, nil
}
