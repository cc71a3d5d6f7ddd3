package cli

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a container has no zones of its own

	"github.com/spf13/cobra"
)

// environment sets the flags that the command line did not from their
// variables, and refuses variables of the system that would be passed over without a
// word. All that cannot be read are told at once.
func environment(s Streams, cmd *cobra.Command) error {
	if unknown := unknownVariables(s, cmd.Root()); len(unknown) > 0 {
		return &configError{err: errors.Join(unknown...), hint: "unset it; --help lists the flags, whose variables are " +
			environmentPrefix + " and their names in capitals. On Kubernetes, enableServiceLinks: false keeps those of services away"}
	}
	var wrong []error
	for _, f := range flagsOf(cmd) {
		value, ok := s.LookupEnv(f.variable)
		if !ok || value == "" || f.Changed {
			continue
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			wrong = append(wrong, fmt.Errorf("%s=%s: %w", f.variable, value, errors.Unwrap(err)))
		}
		f.Annotations = map[string][]string{byEnvironment: nil}
	}
	if len(wrong) > 0 {
		return &configError{err: errors.Join(wrong...), hint: "unset the variable, or give it a value that --help allows"}
	}
	return zone(s)
}

// utc is the name of the zone that the library falls back to.
const utc = "UTC"

// zone refuses a time zone that is not known: the clock would be that of UTC, and a
// deadline of 04:00 hours away from the one that is meant.
func zone(s Streams) error {
	name := s.getenv("TZ")
	if asked := strings.TrimPrefix(name, ":"); asked == "" || asked == utc || time.Local.String() != utc {
		return nil
	}
	return &configError{
		err:  fmt.Errorf("the time zone TZ=%s is not known: times of day would be those of UTC", name),
		hint: "name a zone as in TZ=Europe/Berlin, without blanks, or TZ=UTC; rules as in CET-1CEST are not read",
	}
}

// proxyVariables name the proxy that a request goes through, by the scheme of its address.
var proxyVariables = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"}

// proxySchemes are those of the proxies that the library speaks to.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// proxies refuses the address of a proxy that cannot be read: requests would go past
// the proxy without a word. The address is not shown, it may have a password.
func proxies(s Streams) error {
	for _, name := range proxyVariables {
		address := s.getenv(name)
		if address == "" {
			continue
		}
		if !strings.Contains(address, "://") {
			address = "http://" + address
		}
		u, err := url.Parse(address)
		if err != nil || u.Hostname() == "" || !slices.Contains(proxySchemes, u.Scheme) {
			return &configError{
				err:  fmt.Errorf("%s is not the address of a proxy: requests would go past it", name),
				hint: "write it as in http://proxy.example.com:3128, or unset it",
			}
		}
	}
	return nil
}
