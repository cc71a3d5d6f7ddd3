package sandbox

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bulknum/bulknum/client/sandbox/internal/seeded"
)

// Fault is something that goes wrong with one request.
type Fault string

// The faults, of which [FaultHelp] says what they are.
const (
	Fault429          Fault = "429"
	FaultSoft429      Fault = "soft-429"
	FaultPortal       Fault = "portal"
	Fault500          Fault = "500"
	Fault502          Fault = "502"
	Fault503          Fault = "503"
	FaultHangUpBefore Fault = "hangup-before"
	FaultLocked       Fault = "locked"
	FaultIgnored      Fault = "ignored"
	Fault504          Fault = "504"
	FaultSlow         Fault = "slow"
	FaultHangUpAfter  Fault = "hangup-after"
	FaultTruncated    Fault = "truncated"
	FaultHTML         Fault = "html"
	FaultEmpty        Fault = "empty"
	FaultOrderStatus  Fault = "order-status"
	FaultEchoOld      Fault = "echo-old"
	FaultLag          Fault = "lag"
)

// faultMeaning is what a fault is.
type faultMeaning struct {
	fault Fault
	means string
}

// faultTable are the faults with words of their own, in the order in which they are drawn. Those up to ignored keep the
// update from taking effect; in the others it takes effect, whatever the caller gets to see.
func faultTable() []faultMeaning {
	return []faultMeaning{
		{Fault429, "refused as if the quota were used up"},
		{FaultSoft429, "the same, said by the body of a 200"},
		{FaultPortal, "a page of something on the way: a sign-in, a redirect, a 403"},
		{Fault500, "internal error"},
		{Fault502, "a proxy's HTML page"},
		{Fault503, "unavailable, with a Retry-After if retry-after is given"},
		{FaultHangUpBefore, "the connection is closed, nothing happened"},
		{FaultLocked, "refused, as the number is locked: by turns a 423, a 425, a 409"},
		{FaultIgnored, "answered as complete with the settings that the number keeps"},
		{Fault504, "the gateway gave up waiting; the platform did not"},
		{FaultSlow, "the answer takes slow-for"},
		{FaultHangUpAfter, "the connection is closed instead of answering"},
		{FaultTruncated, "the answer's body is cut in the middle"},
		{FaultHTML, "a 200 whose body is an HTML page"},
		{FaultEmpty, "a success without a body: by turns a 200, a 202, a 204"},
		{FaultOrderStatus, "the order is not Complete, but pending, failed or cancelled"},
		{FaultEchoOld, "the answer has the settings from before"},
		{FaultLag, "readings show the number as it was before, for lag-for"},
	}
}

// AllFaults returns the faults that have words of their own, in the order in which they are drawn. Besides them, each
// HTTP status of three digits, from 300 to 599, is one: the request is refused with it, and nothing happened.
func AllFaults() []Fault {
	var all []Fault
	for _, row := range faultTable() {
		all = append(all, row.fault)
	}
	return all
}

// FaultHelp lists the faults with what they are, a line each.
func FaultHelp() string {
	var b strings.Builder
	for _, row := range faultTable() {
		fmt.Fprintf(&b, "  %-14s %s\n", row.fault, row.means)
	}
	return b.String()
}

// status is the HTTP status that a fault consists of; 0: it is another kind of fault.
func (f Fault) status() int {
	n, err := strconv.Atoi(string(f))
	if err != nil || len(f) != 3 || n < 300 || n > 599 || slices.Contains(AllFaults(), f) {
		return 0
	}
	return n
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

func parseFault(s string) (Fault, error) {
	if f := Fault(s); f.status() > 0 {
		return f, nil
	}
	f, err := parseWord("fault", s, AllFaults()...)
	if err != nil {
		err = fmt.Errorf("%w, or an HTTP status from 300 to 599", err)
	}
	return f, err
}

// rated are the faults that have a rate, in the order in which they are drawn: statuses come last, by their numbers.
func (f Faults) rated() []Fault {
	order := append(AllFaults(), slices.DeleteFunc(slices.Sorted(maps.Keys(f.Rates)), func(f Fault) bool { return f.status() == 0 })...)
	return slices.DeleteFunc(order, func(fault Fault) bool { return f.Rates[fault] == 0 })
}

// draw decides the fault of the n-th request, or "".
func (f Faults) draw(seed int64, n int) Fault {
	if fault, ok := f.At[n]; ok {
		return fault
	}
	if len(f.Rates) == 0 {
		return ""
	}
	u := seeded.Random(seed, "fault", uint64(n)).Float64()
	for _, fault := range f.rated() {
		if u -= f.Rates[fault]; u < 0 {
			return fault
		}
	}
	return ""
}

// status draws the word that a FaultOrderStatus puts in the place of Complete.
func (f Faults) status(r *rand.Rand) string { return f.OrderStatuses[r.IntN(len(f.OrderStatuses))] }
