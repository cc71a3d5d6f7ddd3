package cli

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

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
