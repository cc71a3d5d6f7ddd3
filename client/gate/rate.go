package gate

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is a limit: so many requests in a second, minute or hour, evenly spread. It may differ by the local time of the day:
// then what holds at a moment is [Rate.At].
type Rate struct {
	n     int
	per   time.Duration
	clock string // as parseSteps reads it; "": it is the same all day
	auto  bool   // it may rise until something is refused
}

// Unlimited is no limit at all, for benchmarks. No text parses to it.
var Unlimited = Rate{n: -1}

// units are those of a rate's text.
var units = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}

// maxPerSecond bounds what can be asked for: beyond it the gaps would round to nothing.
const maxPerSecond = 1_000_000

// DefaultRate is just under the 50 requests a minute of the vendor's standard
// tier: pacing at exactly 50 puts 51 into some minutes.
func DefaultRate() Rate { return Rate{n: 48, per: time.Minute} }

func (r Rate) orDefault() Rate {
	if r == (Rate{}) {
		return DefaultRate()
	}
	return r
}

// Auto begins as the default, and rises until something is refused.
var Auto = Rate{n: 48, per: time.Minute, auto: true}

// autoText is how it is written.
const autoText = "auto"

// ParseRate reads "48/m", a whole number of requests per s, m or h, "auto", and "08:00 10/m, 20:00 48/m", which are rates
// from a local time of the day on. An error quotes what is none of these.
func ParseRate(text string) (Rate, error) {
	if strings.EqualFold(strings.TrimSpace(text), autoText) {
		return Auto, nil
	}
	if strings.Contains(text, ":") {
		return parseClock(text)
	}
	return parsePlain(text)
}

// parsePlain reads a rate that is the same all day.
func parsePlain(text string) (Rate, error) {
	count, unit, ok := strings.Cut(strings.TrimSpace(text), "/")
	if !ok {
		return Rate{}, fmt.Errorf("rate %q: not of the form 48/m, or auto", text)
	}
	n, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || n < 1 {
		return Rate{}, fmt.Errorf("rate %q: %q is not a whole number above 0", text, count)
	}
	r := Rate{n: n, per: units[strings.ToLower(strings.TrimSpace(unit))]}
	if r.per == 0 {
		return Rate{}, fmt.Errorf("rate %q: the unit %q is none of s, m, h", text, unit)
	}
	if r.PerSecond() > maxPerSecond {
		return Rate{}, fmt.Errorf("rate %q: more than %d a second", text, maxPerSecond)
	}
	return r, nil
}

// String returns what ParseRate reads: "48/m". Unlimited is "unlimited", the zero Rate is "".
func (r Rate) String() string {
	switch {
	case r == Unlimited:
		return "unlimited"
	case r.auto:
		return autoText
	case r.clock != "":
		return r.clock
	}
	if unit, _ := r.Unit(); unit != "" {
		return strconv.Itoa(r.n) + "/" + unit
	}
	return ""
}

// Rises reports whether it may rise until something is refused.
func (r Rate) Rises() bool { return r.auto }

// Unit returns the unit of time in which it was given, "s", "m" or "h", and its length. Unlimited and the zero Rate
// have none: "" and 0. Of a rate by the clock it is that of what holds now.
func (r Rate) Unit() (name string, per time.Duration) {
	r = r.now()
	for unit, per := range units {
		if per == r.per {
			return unit, per
		}
	}
	return "", 0
}

// MarshalText writes what ParseRate reads.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote; but for that of Unlimited, which is an error.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*r = Rate{}
		return nil
	}
	*r, err = ParseRate(string(text))
	return err
}

// now is the rate that holds now.
func (r Rate) now() Rate {
	if r.clock == "" {
		return r
	}
	return r.At(time.Now())
}

// PerSecond returns the requests in a second, now. It is 0 for Unlimited and the zero Rate.
func (r Rate) PerSecond() float64 {
	r = r.now()
	if r.per == 0 {
		return 0
	}
	return float64(r.n) / r.per.Seconds()
}

// Every returns the time from one request to the next, now. It is 0 for Unlimited and the zero Rate.
func (r Rate) Every() time.Duration {
	r = r.now()
	if r.n <= 0 {
		return 0
	}
	return r.per / time.Duration(r.n)
}
