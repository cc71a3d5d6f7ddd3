package notify

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/bulknum/bulknum/client"
)

// Address is where notifications go: a secret, since whoever knows it can post
// there. It prints as ***.
type Address struct{ secret client.Secret }

// ParseAddress reads an address. Its errors do not show it.
func ParseAddress(text string) (Address, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "", u.Opaque != "":
		return Address{}, errors.New("it is not an address such as https://chat.example.com/hooks/…")
	case u.Scheme == "https", u.Scheme == "http" && client.IsLoopback(u.Hostname()):
		return Address{client.NewSecret(u.String())}, nil
	default:
		return Address{}, errors.New("only https, except to loopback")
	}
}

// IsZero reports whether there is none.
func (a Address) IsZero() bool { return a.secret.IsZero() }

// String is of [fmt.Stringer].
func (a Address) String() string { return a.secret.String() }

// hide is an error without anything of the address in its text.
func (a Address) hide(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the library puts the whole address before it
	}
	if lookup, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("the name of the host cannot be looked up: %s", lookup.Err)
	}
	return errors.New(client.Mask(err.Error(), a.parts()...))
}

// parts are the address and all that it is made of; the longer come first.
func (a Address) parts() []string {
	parts := []string{a.secret.Reveal()}
	u, err := url.Parse(a.secret.Reveal())
	if err != nil {
		return parts
	}
	password, _ := u.User.Password()
	parts = append(parts, u.RequestURI(), u.Path, u.RawQuery, u.Host, u.Hostname(), u.User.String(), u.User.Username(), password)
	parts = append(parts, strings.Split(u.Path, "/")...)
	for name, values := range u.Query() {
		parts = append(append(parts, name), values...)
	}
	return parts
}
