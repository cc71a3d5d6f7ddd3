package sandbox

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Fault is something that goes wrong with one request.
type Fault string

// The faults. Those up to ignored keep the update from taking effect; in the others it takes effect, whatever the caller
// gets to see.
const (
	Fault429          Fault = "429"           // refused as if the quota were used up
	FaultSoft429      Fault = "soft-429"      // the same, said by the body of a 200
	FaultPortal       Fault = "portal"        // a page of something on the way: by turns a sign-in page, a redirect, a 403
	Fault500          Fault = "500"           // internal error
	Fault502          Fault = "502"           // a proxy's HTML page
	Fault503          Fault = "503"           // unavailable, with a Retry-After when Faults.RetryAfter is set
	FaultHangUpBefore Fault = "hangup-before" // the connection is closed, nothing happened
	FaultLocked       Fault = "locked"        // refused, as the number is locked: by turns a 423, a 425, a 409
	FaultIgnored      Fault = "ignored"       // answered as complete with the settings that the number has and keeps
	Fault504          Fault = "504"           // the gateway gave up waiting; the platform did not
	FaultSlow         Fault = "slow"          // the answer takes SlowFor
	FaultHangUpAfter  Fault = "hangup-after"  // the connection is closed instead of answering
	FaultTruncated    Fault = "truncated"     // the answer's body is cut in the middle
	FaultHTML         Fault = "html"          // a 200 whose body is an HTML page
	FaultEmpty        Fault = "empty"         // a success without a body: by turns a 200, a 202, a 204
	FaultOrderStatus  Fault = "order-status"  // the order is not Complete: one of OrderStatuses
	FaultEchoOld      Fault = "echo-old"      // the answer has the settings from before
	FaultLag          Fault = "lag"           // readings show the number as it was before, for LagFor
)

// AllFaults returns the faults, in the order in which they are drawn.
func AllFaults() []Fault {
	return []Fault{Fault429, FaultSoft429, FaultPortal, Fault500, Fault502, Fault503, FaultHangUpBefore, FaultLocked,
		FaultIgnored, Fault504, FaultSlow, FaultHangUpAfter, FaultTruncated, FaultHTML, FaultEmpty, FaultOrderStatus, FaultEchoOld,
		FaultLag}
}

// Faults says what goes wrong, and how often. Which requests are hit depends on the seed and on a request's ordinal
// alone: the n-th request to the endpoints in On, counting those that the quota let pass. The zero value is no fault.
type Faults struct {
	Rates map[Fault]float64 // probability for each request, 0 to 1; all together at most 1
	At    map[int]Fault     // certain: the n-th request, from 1
	On    []Endpoint        // where faults happen; empty means updates only

	SlowFor       time.Duration // 0 means 2 s
	LagFor        time.Duration // 0 means 3 s
	RetryAfter    time.Duration // what a 429 or 503 asks for, in the manner of Quota.RetryAfter; 0: 429 asks for 1 s, 503 for nothing
	OrderStatuses []string      // drawn from; empty means Pending, Processing, Submitted, Failed, Error, Rejected, Cancelled
}

func (f Faults) withDefaults() Faults {
	f.SlowFor = or(f.SlowFor, 2*time.Second)
	f.LagFor = or(f.LagFor, 3*time.Second)
	if len(f.On) == 0 {
		f.On = []Endpoint{Update}
	}
	if len(f.OrderStatuses) == 0 {
		f.OrderStatuses = []string{
			"Pending", "Processing", "Submitted", statusFailed, statusError, statusRejected, statusCancelled,
		}
	}
	return f
}

func (f Faults) check() error {
	sum := 0.0
	for fault, p := range f.Rates {
		if err := checkRate(fault, p); err != nil {
			return fmt.Errorf("faults: %w", err)
		}
		sum += p
	}
	if sum > 1+1e-9 {
		return fmt.Errorf("faults: probabilities add up to %g, more than 1", sum)
	}
	for n, fault := range f.At {
		if _, err := parseFault(string(fault)); err != nil || n < 1 {
			return fmt.Errorf("faults: %s@%d: want a fault at a request counted from 1", fault, n)
		}
	}
	for _, e := range f.On {
		if _, err := parseEndpoint(string(e)); err != nil {
			return fmt.Errorf("faults: on: %w", err)
		}
	}
	if f.SlowFor < 0 || f.LagFor < 0 || f.RetryAfter < 0 {
		return fmt.Errorf("faults: a duration is negative")
	}
	return nil
}

func checkRate(fault Fault, p float64) error {
	if _, err := parseFault(string(fault)); err != nil {
		return err
	}
	if !(p >= 0 && p <= 1) {
		return fmt.Errorf("%s=%g: want a probability from 0 to 1", fault, p)
	}
	return nil
}

func parseFault(s string) (Fault, error) { return parseWord("fault", s, AllFaults()...) }

// draw decides the fault of the n-th request, or "".
func (f Faults) draw(seed int64, n int) Fault {
	if fault, ok := f.At[n]; ok {
		return fault
	}
	if len(f.Rates) == 0 {
		return ""
	}
	u := random(seed, "fault", uint64(n)).Float64()
	for _, fault := range AllFaults() {
		if u -= f.Rates[fault]; u < 0 {
			return fault
		}
	}
	return ""
}

// status draws the word that a FaultOrderStatus puts in the place of Complete.
func (f Faults) status(r *rand.Rand) string { return f.OrderStatuses[r.IntN(len(f.OrderStatuses))] }
