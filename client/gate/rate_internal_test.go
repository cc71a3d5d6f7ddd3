package gate

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseRate(t *testing.T) {
	for text, every := range map[string]time.Duration{"48/m": 1250 * time.Millisecond, "20/s": 50 * time.Millisecond, "60/h": time.Minute} {
		r, err := ParseRate(text)
		if err != nil || r.Every() != every || r.String() != text {
			t.Errorf("%q: got %v every %v, %v", text, r, r.Every(), err)
		}
	}
	for _, text := range []string{"", "48", "0/m", "-1/m", "1.5/s", "48/d", "/m", "unlimited", "9999999/s", "99999999999999999999/h"} {
		if r, err := ParseRate(text); err == nil {
			t.Errorf("%q: got %v", text, r)
		}
	}
	if Unlimited.Every() != 0 || Unlimited.String() != "unlimited" || (Rate{}).String() != "" {
		t.Error("the rates without a number are not as described")
	}
}

func TestRateRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := fmt.Sprintf("%d/%s", rapid.IntRange(1, maxPerSecond).Draw(t, "n"), rapid.SampledFrom([]string{"s", "m", "h"}).Draw(t, "unit"))
		if r, err := ParseRate(text); err != nil || r.String() != text || r.Every() <= 0 || r.PerSecond() <= 0 {
			t.Fatalf("%q: got %v, %v", text, r, err)
		}
	})
}

// What was learnt is said in the unit that people use for it.
func TestLearntRatesAreSaidShortly(t *testing.T) {
	for perSecond, want := range map[float64]string{
		1000: "1000/s", 84.1 / 60: "84/m", 20: "20/s", 9.8: "588/m", 49.0 / 60: "49/m", 0.8: "48/m", 5.5 / 60: "330/h", 1.0 / 7200: "1/h",
	} {
		if got := below(perSecond, 1).String(); got != want {
			t.Errorf("%v a second is said as %s, want %s", perSecond, got, want)
		}
	}
}
