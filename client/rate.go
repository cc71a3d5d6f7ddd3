package client

import (
	"math/rand/v2"
	"strconv"

	"github.com/bulknum/bulknum/client/gate"
)

// Of package gate, the words that callers of this one need.
type (
	// Gate is what all requests of a client pass: see [gate.Gate].
	Gate = gate.Gate
	// Rate is a limit: so many requests in a second, minute or hour, evenly spread. See [gate.Rate].
	Rate = gate.Rate
	// Wait is a wait that begins, or an outage that is over. See [gate.Wait].
	Wait = gate.Wait
	// Yielding is that the rate gives way, or is back. See [gate.Yielding].
	Yielding = gate.Yielding
	// Quota is a budget of requests that others spend as well: see [gate.Gate.Share].
	Quota = gate.Quota
	// LearntLimit is what a gate found of the server's limit. See [gate.Learnt].
	LearntLimit = gate.Learnt
	// WaitReason says why nothing is sent.
	WaitReason = gate.Reason
)

// The reasons of a wait. Waiting for the rate is not told.
const (
	WaitThrottled   = gate.Throttled   // the whole client, after a 429
	WaitUnavailable = gate.Unavailable // the whole client, after a 503 that asked for it
	WaitBackoff     = gate.Backoff     // this call only, before its next attempt
	WaitOutage      = gate.Outage      // the whole client, until a probe is answered
	WaitHold        = gate.Hold        // the whole client, until Gate.EndHold
)

// Unlimited is no limit at all, for benchmarks. No text parses to it.
var Unlimited = gate.Unlimited

// AutoRate rises from the default until something is refused: see [gate.Auto].
var AutoRate = gate.Auto

// DefaultRate is 48 a minute: see [gate.DefaultRate].
func DefaultRate() Rate { return gate.DefaultRate() }

// PerMinute is so many requests a minute, evenly spread; below one: the [DefaultRate].
func PerMinute(n int) Rate {
	r, _ := gate.ParseRate(strconv.Itoa(n) + "/m")
	return r
}

// NewGate returns a gate for the Config.Gate of several clients, which lets requests leave at a rate; the zero Rate is the
// [DefaultRate].
func NewGate(r Rate) *Gate { return gate.New(r, rand.Float64) }

// ParseRate reads "48/m", a whole number of requests per s, m or h, "auto", or a rate by the clock. The error says what is
// wrong with another text.
func ParseRate(text string) (Rate, error) { return gate.ParseRate(text) }
