package learn

import "math"

// Pace is how many requests may leave in a second.
func (l *Learner) Pace() float64 { return l.spell.hastened(l.pace, l.bounds.Most) }

// gap is the time between two requests.
func (l *Learner) gap() float64 { return 1 / l.Pace() }

// courage is how likely the pace may be too fast: the more the longer nothing was refused, as a pace that is never too fast
// tells nothing. As long as the kind is not known it tries what is known to be too fast, too, as that tells most.
func (l *Learner) courage() float64 {
	q := cautious
	for since := firstReview; since <= l.since && q < l.boldest; since *= 2 {
		q += 0.1
	}
	if _, sure := l.verdict.kind(); sure < 0.9 && q >= l.boldest && l.cost() < riskedCost {
		return 1
	}
	return min(q, l.boldest)
}

// cost is what a refusal costs, in requests that could have left in the meantime.
func (l *Learner) cost() float64 { return l.price * l.pace }

// setPace is the pace that follows from the verdict.
func (l *Learner) setPace() {
	otherwise := l.bounds.Most
	if math.IsInf(otherwise, 1) || l.bounds.Learned > 0 {
		otherwise = l.top // nothing faster was tried
	}
	rate := otherwise
	if l.refusals > 0 {
		if _, sure := l.verdict.kind(); sure > 0.99 && l.strict() {
			otherwise = l.bounds.Most // how far apart they must be kept is known without having tried it
		}
		rate = l.verdict.rate(l.courage(), otherwise)
		if l.cost() > riskedCost {
			rate = min(rate, l.verdict.quickest(otherwise, l.price))
		}
		if l.verdict.chance < 0.5 {
			rate *= (1 - l.margin) * l.lift
		}
	}
	if l.stated > 0 {
		rate = min(rate, l.stated*(1-l.margin))
	}
	rate *= l.yield
	l.setTo(max(min(rate, l.bounds.Most), l.floor, min(l.bounds.Least, l.bounds.Most)))
}

// setTo changes the pace.
func (l *Learner) setTo(pace float64) {
	if pace > l.pace*1.001 {
		l.spell.steady, l.spell.steadyFrom = 0, l.latest
	}
	l.pace = pace
}

// grow raises the pace as long as nothing was refused: slowly where it was learnt before.
func (l *Learner) grow() {
	by := 1.15
	switch slow := l.bounds.Learned > 0; {
	case l.pace >= l.bounds.Most,
		l.latest-l.raised < 2*l.trip,
		slow && (l.since < learntHolds || l.grown < 100),
		l.grown < 30:
		return
	case slow:
		by = 1.05
	}
	l.grown = 0
	l.raised = l.latest
	l.setTo(min(l.pace*by, l.bounds.Most))
	l.top = max(l.top, l.pace)
}

// Bound changes what the pace is never above. Where that was the pace, it follows.
func (l *Learner) Bound(most float64) {
	if most == l.bounds.Most {
		return
	}
	if l.refusals == 0 && l.pace >= l.bounds.Most || l.pace > most {
		l.pace = most
	}
	l.bounds.Most = most
	l.top = min(max(l.top, l.pace), most)
	if l.refusals > 0 {
		l.setPace()
	}
}
