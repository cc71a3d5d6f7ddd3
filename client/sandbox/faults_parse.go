package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseFaults reads a comma-separated list. An item is a probability ("503=0.01", "422=10%", "hangup-after=0.5%"), a fault that is
// certain at the n-th request ("503@9") or from one to another ("503@9-18"), or one of "on=all" (or endpoints joined by
// +, as in "on=update+inventory"), "slow-for=3s", "lag-for=3s" and "retry-after=1s".
func ParseFaults(s string) (Faults, error) {
	f := Faults{Rates: map[Fault]float64{}, At: map[int]Fault{}}
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		if err := parseFaultItem(&f, item); err != nil {
			return Faults{}, fmt.Errorf("faults: %q: %w", item, err)
		}
	}
	return f, f.check()
}

func parseFaultItem(f *Faults, item string) (err error) {
	if fault, n, ok := strings.Cut(item, "@"); ok {
		return parseAt(f, fault, n)
	}
	name, value, ok := strings.Cut(item, "=")
	if !ok {
		return fmt.Errorf("want FAULT=SHARE, FAULT@N or FAULT@N-M")
	}
	switch name {
	case "on":
		f.On, err = parseEndpoints(value)
	case "slow-for":
		f.SlowFor, err = time.ParseDuration(value)
	case "lag-for":
		f.LagFor, err = time.ParseDuration(value)
	case "retry-after":
		f.RetryAfter, err = time.ParseDuration(value)
	default:
		err = parseRate(f, name, value)
	}
	return err
}

// mostAt bounds the requests of one item, which are kept one by one.
const mostAt = 1_000_000

func parseAt(f *Faults, word, span string) error {
	fault, err := parseFault(word)
	if err != nil {
		return err
	}
	first, last, ok := strings.Cut(span, "-")
	if !ok {
		last = first
	}
	from, err1 := strconv.Atoi(first)
	to, err2 := strconv.Atoi(last)
	if err1 != nil || err2 != nil || from < 1 || to < from || to-from >= mostAt {
		return fmt.Errorf("%q is no request counted from 1, and no span of at most %d", span, mostAt)
	}
	for n := from; n <= to; n++ {
		f.At[n] = fault
	}
	return nil
}

func parseRate(f *Faults, word, value string) error {
	fault, err := parseFault(word)
	if err != nil {
		return fmt.Errorf("%w, on, slow-for, lag-for, retry-after", err)
	}
	number, percent := strings.CutSuffix(value, "%")
	p, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return fmt.Errorf("%q is no probability", value)
	}
	if percent {
		p /= 100
	}
	f.Rates[fault] = p
	return checkRate(fault, p)
}

// String is the form that [ParseFaults] reads.
func (f Faults) String() string {
	var items []string
	for _, fault := range f.rated() {
		items = append(items, fmt.Sprintf("%s=%g", fault, f.Rates[fault]))
	}
	for _, n := range slices.Sorted(maps.Keys(f.At)) {
		items = append(items, fmt.Sprintf("%s@%d", f.At[n], n))
	}
	if len(f.On) > 0 {
		items = append(items, "on="+joinEndpoints(f.On))
	}
	if f.SlowFor > 0 {
		items = append(items, "slow-for="+f.SlowFor.String())
	}
	if f.LagFor > 0 {
		items = append(items, "lag-for="+f.LagFor.String())
	}
	if f.RetryAfter > 0 {
		items = append(items, "retry-after="+f.RetryAfter.String())
	}
	return strings.Join(items, ",")
}
