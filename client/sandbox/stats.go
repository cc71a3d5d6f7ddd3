package sandbox

import "maps"

// Stats is what a sandbox has seen. Requests to /_sandbox/ are not in it.
type Stats struct {
	Requests     int                        // all requests, token requests included
	Throttled    int                        // of them, answered 429
	Updates      int                        // updates that took effect
	TokensIssued int                        // token requests answered with a token
	TokensAtOnce int                        // the most token requests that were under way at one moment
	WithoutToken int                        // requests that needed a token and had none
	Busiest      int                        // the most requests in one clock second
	Endpoints    map[Endpoint]EndpointStats // those that were asked
	Numbers      map[string]NumberStats     // those that were asked for, or changed
}

// EndpointStats is what one endpoint has seen.
type EndpointStats struct {
	Requests int
	Statuses map[int]int   // requests by the HTTP status of their answer, also of answers that did not arrive
	Faults   map[Fault]int `json:",omitempty"`
}

// NumberStats is what one number has seen.
type NumberStats struct {
	Requests int // updates asked for it that came past quota, faults and token, those refused after that included
	Reads    int // readings of it alone that came as far
	Updates  int // updates that took effect
}

// counters is Stats as it grows.
type counters struct {
	Stats
	tokensNow   int
	second      int64 // the clock second being counted
	secondCount int
}

func newCounters() *counters {
	return &counters{Stats: Stats{Endpoints: map[Endpoint]EndpointStats{}, Numbers: map[string]NumberStats{}}}
}

// arrived counts a request.
func (n *counters) arrived(c *call) {
	n.Requests++
	if c.endpoint == Tokens {
		n.tokensNow++
		n.TokensAtOnce = max(n.TokensAtOnce, n.tokensNow)
	}
	if second := c.now.Unix(); second != n.second {
		n.second, n.secondCount = second, 0
	}
	n.secondCount++
	n.Busiest = max(n.Busiest, n.secondCount)
}

// decided counts what became of a request.
func (n *counters) decided(c *call, status int) {
	e, ok := n.Endpoints[c.endpoint]
	if !ok {
		e = EndpointStats{Statuses: map[int]int{}, Faults: map[Fault]int{}}
	}
	e.Requests++
	e.Statuses[status]++
	if c.fault != "" {
		e.Faults[c.fault]++
	}
	n.Endpoints[c.endpoint] = e
	if status == 429 {
		n.Throttled++
	}
	if c.number != "" {
		s := n.Numbers[c.number]
		if c.endpoint == Update {
			s.Requests++
		} else {
			s.Reads++
		}
		n.Numbers[c.number] = s
	}
}

// applied counts an update that took effect.
func (n *counters) applied(number string) {
	n.Updates++
	s := n.Numbers[number]
	s.Updates++
	n.Numbers[number] = s
}

// copy returns the counts so far, sharing nothing.
func (n *counters) copy() Stats {
	s := n.Stats
	s.Numbers = maps.Clone(s.Numbers)
	s.Endpoints = maps.Clone(s.Endpoints)
	for name, e := range s.Endpoints {
		e.Statuses, e.Faults = maps.Clone(e.Statuses), maps.Clone(e.Faults)
		s.Endpoints[name] = e
	}
	return s
}
