package sandbox

import "strings"

// Endpoint names one of the API's endpoints.
type Endpoint string

// The endpoints of the API that the sandbox has.
const (
	Tokens       Endpoint = "tokens"        // POST /v1.0/oauth2/tokens
	Update       Endpoint = "update"        // POST /v1.0/numbers/update
	Number       Endpoint = "number"        // GET /v1.0/numbers
	Inventory    Endpoint = "inventory"     // GET /v1.0/numbers/inventory
	Order        Endpoint = "order"         // GET /v1.0/numbers/order
	MessageRoute Endpoint = "message-route" // GET /v1.0/message/routes
	VoiceRoute   Endpoint = "voice-route"   // GET /v1.0/voice/routes

	MessageRoutes Endpoint = "message-routes" // GET /v1.0/account/message/routes
	VoiceRoutes   Endpoint = "voice-routes"   // GET /v1.0/account/voice/routes
	Subscriber    Endpoint = "subscriber"     // GET /v1.0/subscribers/get
	Subscribers   Endpoint = "subscribers"    // GET /v1.0/distributor/subscribers
	// Other stands in statistics for every path that the API does not have.
	Other Endpoint = "other"
)

// Endpoints returns the endpoints of the API.
func Endpoints() []Endpoint {
	return []Endpoint{Tokens, Update, Number, Inventory, Order, MessageRoute, VoiceRoute, MessageRoutes, VoiceRoutes, Subscriber, Subscribers}
}

func parseEndpoint(s string) (Endpoint, error) { return parseWord("endpoint", s, Endpoints()...) }

// parseEndpoints reads endpoints joined by +, or "all".
func parseEndpoints(s string) ([]Endpoint, error) {
	if s == "all" {
		return Endpoints(), nil
	}
	var list []Endpoint
	for word := range strings.SplitSeq(s, "+") {
		e, err := parseEndpoint(word)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func joinEndpoints(list []Endpoint) string {
	words := make([]string, len(list))
	for i, e := range list {
		words[i] = string(e)
	}
	return strings.Join(words, "+")
}
