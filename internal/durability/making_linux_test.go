package durability

import (
	"testing"

	"github.com/bulknum/bulknum/internal/testextent"
)

// The power goes while the first store of a folder is made, at each call: no
// command refuses what is left.
func TestThePowerMayGoWhileAStoreIsMade(t *testing.T) {
	testextent.Variant(t) // one outage in eight of the test of all commands is at such a call
	t.Parallel()
	o := newOutages(t, "all")
	r := o.of["all"]
	every := testextent.Step(30)
	for n, c := range r.calls {
		if c.begun > r.firstMark() || (n+o.random.IntN(every))%every != 0 {
			continue
		}
		for how := range keptWays {
			out := outage{at: c.begun + 1, how: how, random: o.random}
			for _, fault := range r.after(out) {
				t.Errorf("in line %d (%s), %v of the rest kept: %s", out.at, c.name, how, fault)
			}
		}
	}
}
