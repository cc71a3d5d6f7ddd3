package plan

import (
	"fmt"
	"time"
)

// Propagation is how long the changes of a wave take until they can be judged.
type Propagation struct {
	// For is how long that is; 0: they can be judged at once.
	For time.Duration `json:"for"`
	// VoiceOnly is for waves that change voice routes, and no others.
	VoiceOnly bool `json:"voiceOnly,omitempty"`
}

// of is how long those of a wave take.
func (p Propagation) of(w Wave) time.Duration {
	if p.VoiceOnly && w.VoiceRoutes == 0 {
		return 0
	}
	return p.For
}

// Propagates is how long is waited after a wave until what it changed can be judged: not after the last one, if nobody
// judges it.
func (o *Overhead) Propagates(w Wave) time.Duration {
	if o == nil || w.N == w.Of && !o.Gated && o.ReadBack.Of(w.Rows) == 0 {
		return 0
	}
	return o.Propagation.of(w)
}

// Notes are what a plan in waves says of that wait.
func (o *Overhead) Notes() []Note {
	n := 0
	for _, w := range o.Waves {
		if o.Propagates(w) > 0 {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	what := "changes"
	if o.Propagation.VoiceOnly {
		what = "voice routes"
	}
	return []Note{{Detail: fmt.Sprintf("%s take up to %s until they are in service: so long is waited after %d of %d waves, before they are read back and judged",
		what, Duration(o.Propagation.For), n, len(o.Waves))}}
}
