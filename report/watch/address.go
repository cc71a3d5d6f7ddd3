package watch

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
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
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return Address{client.NewSecret(u.String())}, nil
	default:
		return Address{}, errors.New("only https, except to loopback")
	}
}

// IsZero reports whether there is none.
func (a Address) IsZero() bool { return a.secret.IsZero() }

// String is of [fmt.Stringer].
func (a Address) String() string { return a.secret.String() }

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// hide is an error without anything of the address in its text.
func (a Address) hide(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // the library puts the whole address before it
	}
	if lookup, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("the name of the host cannot be looked up: %s", lookup.Err)
	}
	text := err.Error()
	if u, parsed := url.Parse(a.secret.Reveal()); parsed == nil {
		for _, part := range []string{u.String(), u.RequestURI(), u.Host, u.Hostname()} {
			if len(part) > 1 {
				text = strings.ReplaceAll(text, part, a.String())
			}
		}
	}
	return errors.New(text)
}
