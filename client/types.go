package client

import "net/url"

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
)

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

// changes reports whether a request to the endpoint changes something at the vendor.
func (e Endpoint) changes() bool { return e == EndpointUpdate }

// address returns the full URL of an endpoint, which is also what a token for it is asked with.
func address(base *url.URL, e Endpoint, query url.Values) string {
	u := *base
	u.Path += apiVersion + paths[e]
	u.RawQuery = query.Encode()
	return u.String()
}

// UpdateRequest is the body of POST /v1.0/numbers/update, in the API's own names.
// A nil field is left out and so kept as it is; a pointer to "" sends an empty string.
type UpdateRequest struct {
	// Number is the number to change, in E.164: "+18018018011". It is required.
	Number               string  `json:"Number"`
	MessageEnabled       *bool   `json:"MessageEnabled,omitempty"`
	VoiceEnabled         *bool   `json:"VoiceEnabled,omitempty"`
	MessageType          *string `json:"MessageType,omitempty"`          // a2p, p2p
	Classification       *string `json:"Classification,omitempty"`       // MVNO, IoT
	MessageRouteId       *string `json:"MessageRouteId,omitempty"`       // MRID-…
	VoiceRouteId         *string `json:"VoiceRouteId,omitempty"`         // CRID-…
	AssignedSubscriberId *string `json:"AssignedSubscriberId,omitempty"` // TSUID-…
	Iccid                *string `json:"Iccid,omitempty"`
	CnamFirstName        *string `json:"CnamFirstName,omitempty"`
	CnamLastName         *string `json:"CnamLastName,omitempty"`
	ProductType          *string `json:"ProductType,omitempty"` // Sms-Only, Data-Only, Sms+Data, Sms+Data+Voice
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
	// Settings is what the answer says the number is set to; not every field that was asked for is echoed.
	Settings Number
	// Warnings has a sentence for each setting echoed differently than it was asked for.
	Warnings []string
}

// Number is what the API tells about one number, in the details and in the inventory.
// Both are read in every spelling that the API is known to use (PhoneNumber, SmsEnabled "Yes", TNID, A2P …).
type Number struct {
	Number     string // always with +
	Tnid       string // the API's id of the number
	Status     string // "Active", …
	NumberType string // "Mobile", …

	MessageEnabled *bool // nil: the record does not tell
	VoiceEnabled   *bool

	// A nil text is not in the record at all; a pointer to "" was shown as null or empty.
	MessageType          *string // in the spelling that an update takes: a2p, p2p
	Classification       *string // in the spelling that an update takes: MVNO, IoT
	MessageRouteId       *string
	VoiceRouteId         *string
	AssignedSubscriberId *string
	Iccid                *string
	Cnam                 *string // one string; an update takes first and last name
	CnamFirstName        *string // told by no known server
	CnamLastName         *string
	ProductType          *string // in the spelling that an update takes
}

// InventoryPage is one page of GET /v1.0/numbers/inventory.
type InventoryPage struct {
	AccountId    string
	TotalResults int // numbers in the whole inventory; -1: not told
	PageNumber   int // counted from 1
	Numbers      []Number
	Unnamed      int // records of the page that name no number
}

// Order is an order of numbers, GET /v1.0/numbers/order.
type Order struct {
	OrderId     string
	OrderDate   string // as sent
	OrderStatus string // as sent
	// OrderStatusMessage is why it is what it is, in one line; often empty.
	OrderStatusMessage string
	OrderType          string
	Numbers            []OrderedNumber
}

// OrderedNumber is one number of an order.
type OrderedNumber struct {
	Number string // with +
	Status string // may be empty
}

// MessageRoute is what a change of routes has to know about a message route. The route's passwords are not kept.
type MessageRoute struct {
	MessageRouteId string
	RouteName      string
	Enabled        *bool // MessageRouteEnabled; nil: not told
}

// VoiceRoute is what a change of routes has to know about a voice route. The route's passwords are not kept.
type VoiceRoute struct {
	VoiceRouteId string // the API's CallRouteId
	RouteName    string
	RouteType    string // "Trunk", "Webhook", …
	Status       string // CallRouteStatus: "Active", …; often not told
}
