package client

import "net/url"

const apiVersion = "/v1.0"

// paths are the API's; each starts with apiVersion.
var paths = map[Endpoint]string{
	EndpointToken:        "/oauth2/tokens",
	EndpointUpdate:       "/numbers/update",
	EndpointNumber:       "/numbers",
	EndpointInventory:    "/numbers/inventory",
	EndpointOrder:        "/numbers/order",
	EndpointMessageRoute: "/message/routes",
	EndpointVoiceRoute:   "/voice/routes",
}

// Endpoints returns those that a token can be asked for.
func Endpoints() []Endpoint {
	return []Endpoint{
		EndpointUpdate, EndpointNumber, EndpointInventory, EndpointOrder, EndpointMessageRoute, EndpointVoiceRoute,
	}
}

// address returns the full URL of an endpoint, which is also what a token for it is asked with.
func address(base *url.URL, e Endpoint, query url.Values) string {
	u := *base
	u.Path += apiVersion + paths[e]
	u.RawQuery = query.Encode()
	return u.String()
}
