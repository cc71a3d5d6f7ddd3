// Package address is the API's address as it is configured, and which hosts are this machine.
package address

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Version begins the path of each endpoint.
const Version = "/v1.0"

// Base returns the address without /v1.0 and without a slash at its end, or what is wrong with it. plain is the name of a
// host to which plain http is allowed, too; "": there is none.
func Base(text, plain string) (base *url.URL, problem string) {
	base, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		// The parser's error repeats the address, and that may hold a password. So may its path and query: below,
		// only the host is told.
		return nil, "it cannot be read as a URL"
	}
	host := base.Scheme + "://" + base.Host
	switch {
	case base.User != nil:
		return nil, "a user or password has no place in it"
	case base.Host == "":
		return nil, "not of the form https://host"
	case base.RawQuery != "" || base.Fragment != "":
		return nil, host + ": a query or fragment has no place in it"
	case base.Scheme != "https" && (base.Scheme != "http" || !IsLoopback(base.Hostname()) && (plain == "" || !strings.EqualFold(base.Hostname(), plain))):
		return nil, host + ": only https is allowed, except to loopback"
	}
	path := strings.TrimRight(base.Path, "/")
	path = strings.TrimRight(strings.TrimSuffix(path, Version), "/")
	return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: path}, ""
}

// AsksLoopback reports whether the Host of a request (RFC 9110 section 7.2) names this machine by loopback, with a port
// or without.
func AsksLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return IsLoopback(strings.Trim(host, "[]"))
}

// IsLoopback reports whether a host, without its port, is this machine by name or
// address: what is sent there crosses no network.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
