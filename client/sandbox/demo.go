package sandbox

import "time"

// Demo is the sandbox of `bulknum apply --sandbox`: a run of some 25 rows meets three 429s and a 503 for certain and can
// overcome them all within seconds; thousands of rows meet one now and then. The quota is there for those who ask for a pace far above the 20 requests a second it is made for.
func Demo() Config {
	return Config{
		Seed:    1,
		Numbers: 346,
		Quota:   Quota{N: 30, Per: time.Second, Window: Rolling, RetryAfter: RetrySeconds},
		Latency: 30 * time.Millisecond,
		Faults: Faults{
			At:         map[int]Fault{3: Fault429, 8: Fault503, 14: Fault429, 21: Fault429},
			Rates:      map[Fault]float64{Fault429: 0.004, Fault503: 0.001},
			RetryAfter: time.Second,
		},
	}
}
