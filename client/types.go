package client

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/bulknum/bulknum/client/internal/address"
)

// Endpoint names one part of the API; a token is good for one endpoint only.
type Endpoint string

// The endpoints, named in the words of the reports.
const (
	EndpointToken        Endpoint = "token"
	EndpointUpdate       Endpoint = "update"
	EndpointNumber       Endpoint = "number"
	EndpointInventory    Endpoint = "inventory"
	EndpointOrder        Endpoint = "order"
	EndpointMessageRoute Endpoint = "message route"
	EndpointVoiceRoute   Endpoint = "voice route"

	EndpointMessageRoutes Endpoint = "list of message routes"
	EndpointVoiceRoutes   Endpoint = "list of voice routes"
	EndpointSubscriber    Endpoint = "subscriber"
)

// paths are the API's; each starts with address.Version.
var paths = map[Endpoint]string{
	EndpointToken:        "/oauth2/tokens",
	EndpointUpdate:       "/numbers/update",
	EndpointNumber:       "/numbers",
	EndpointInventory:    "/numbers/inventory",
	EndpointOrder:        "/numbers/order",
	EndpointMessageRoute: "/message/routes",
	EndpointVoiceRoute:   "/voice/routes",

	EndpointMessageRoutes: "/account/message/routes",
	EndpointVoiceRoutes:   "/account/voice/routes",
	EndpointSubscriber:    "/subscribers/get",
}

// changes reports whether a request to the endpoint changes something at the vendor.
func (e Endpoint) changes() bool {
	method, _, other := strings.Cut(string(e), " /")
	return e == EndpointUpdate || other && method != http.MethodGet
}

// path is the endpoint's, without the version: of one that the client has no method for it is in its name, "POST /path".
func (e Endpoint) path() string {
	if _, path, other := strings.Cut(string(e), " /"); other {
		return "/" + path
	}
	return paths[e]
}

// endpointURL returns the full URL of an endpoint, which is also what a token for it is asked with.
func endpointURL(base *url.URL, e Endpoint, query url.Values) *url.URL {
	u := *base
	u.Path += address.Version + e.path()
	u.RawQuery = query.Encode()
	return &u
}

// UpdateAnswer is a trustworthy answer to an update: it names the asked number
// and an order. Whether the order is done is told by State.
type UpdateAnswer struct {
	Number            string // with +
	Tnid              string // the API's id of the number; may be empty
	UpdateOrderId     string // JNUOID-…, never empty
	UpdateOrderDate   string // as sent
	UpdateOrderStatus string // as sent: "Complete", "Pending", …
	// OrderStatusMessage is why the order is what it is, in one line; often empty.
	OrderStatusMessage string
	HTTPStatus         int
	// Settings is what the answer says the number is set to; not every field that was asked for is echoed, and
	// some otherwise than asked for, as in the API's own example.
	Settings Number
}

// Order is an order of numbers, GET /v1.0/numbers/order.
type Order struct {
	OrderId     string
	OrderDate   string // as sent
	OrderStatus string // as sent
	// OrderStatusMessage is why it is what it is, in one line; often empty.
	OrderStatusMessage string
	OrderType          string // as sent
	// Numbers is nil when the order does not list them.
	Numbers []OrderedNumber
}

// OrderedNumber is one number of an order.
type OrderedNumber struct {
	Number string // with +
	Status string // may be empty
}
