package learn

import "time"

// Finding is what was found out.
type Finding struct {
	Kind     Kind
	N        int           // how many may pass in a window, or at once
	Per      time.Duration // the length of a window; of a bucket, the time in which it gets one
	Sure     float64       // how likely the kind is, of 1
	Rate     float64       // how many may pass in a second
	Refusals int           // all there were
	Forgiven int           // of them that tell nothing of a limit, as they had an end without a slower pace
	Others   bool          // somebody else seems to use some of it up
}

// enough are the refusals that it takes to name a kind.
const enough = 3

// Found returns what was found out.
func (l *Learner) Found() Finding {
	f := Finding{Rate: l.pace, Refusals: l.refusals + l.spell.forgiven, Forgiven: l.spell.forgiven, Others: l.others}
	if l.refusals == 0 || len(l.verdict.theories) == 0 {
		return f
	}
	kind, sure := l.verdict.kind()
	if t, ok := l.verdict.best(kind); ok {
		f.N, f.Per, f.Rate = t.n, time.Duration(t.per*float64(time.Second)), t.rate()
	}
	if l.refusals >= enough {
		f.Kind, f.Sure = kind, sure
	}
	return f
}
