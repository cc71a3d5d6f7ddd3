package learn

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// refuse takes in a request that was refused.
func (l *Learner) refuse(a Answer, at float64) News {
	now := l.now
	if at < l.refusedAt { // it left before the one that was noticed came back
		l.open(a, 0)
		return ""
	}
	l.refusedAt = now
	l.inARow++
	l.events++
	l.past.add(trial{at: at, refused: true})
	if l.quota == 0 && len(l.past.trials)-l.past.refusals < sustained { // so soon: what was known is so no more
		l.prior = Belief{}
	}
	theories := l.judged()
	if len(theories) == 0 {
		l.open(a, l.blind())
		l.setRate(l.rate / 2)
		return ""
	}
	before := l.belief
	best := theories[0]
	if l.held > 0 || l.firm > 0 && l.refused(at) <= 1.01*l.firm && (best.rate < 0.9*l.firm || l.inARow > 1) {
		news := l.giveWay(l.refused(at))
		l.open(a, l.lentOpening(theories, now))
		return news
	}
	wait := l.opening(theories, now) - now
	probed := l.firm > 0 && l.refused(at) > 1.01*l.firm
	if probed { // on average it is then what was accepted before, and no way to count refuses that
		wait = min(wait, l.due+1/l.firm+l.fuzz()-now)
	}
	if l.events < 3 && l.prior.Rate == 0 { // it is not known well enough to wait for long
		wait = min(wait, max(min(1, firstMost/l.rate), now/10))
	}
	if l.inARow > 1 {
		wait = max(wait, 2*l.wait)
	}
	l.open(a, wait)
	l.believe(theories)
	return l.settle(best, before, at)
}

// judged are the theories that agree with what happened, the best first; what happened long ago is forgotten where it
// agrees with none.
func (l *Learner) judged() []theory {
	for {
		from, to := l.rate/16, 1.25*l.rate
		if l.prior.Rate > 0 {
			from, to = 0.8*l.prior.Rate, 1.2*l.prior.Rate
		}
		theories := judge(&l.past, from, max(from, to), clocks{
			zero: l.began.Sub(l.began.Truncate(time.Hour)).Seconds() + l.clock.middle(),
			late: l.clock.middle() - l.clock.least,
			fuzz: 4*l.vary + 0.001,
		})
		if len(theories) > 0 && theories[0].cost <= float64(3*l.past.refusals+3) {
			l.prefer(theories)
			return theories
		}
		l.prior = Belief{}
		if l.past.refusals < 2 {
			return theories
		}
		l.past.forget(len(l.past.trials)/2 + 1)
		if l.past.refusals == 0 {
			return nil
		}
	}
}

// prefer puts those first that agree with what was known before.
func (l *Learner) prefer(theories []theory) {
	if l.prior.Kind == "" || l.prior.Kind == Unknown {
		return
	}
	for i, t := range theories {
		if t.Kind != l.prior.Kind || t.Period != l.prior.Period {
			theories[i].cost += 2 * rival * l.prior.Sure
		}
	}
	slices.SortStableFunc(theories, func(a, b theory) int { return cmp.Compare(a.cost, b.cost) })
}

// opening is when the next request is accepted. Several theories that agree about as well are all waited for, but of
// windows only the shortest: where that is wrong, the next refusal says so.
func (l *Learner) opening(theories []theory, now float64) float64 {
	best := theories[0]
	opens := now
	period := time.Duration(math.MaxInt64)
	for _, t := range theories {
		if t.Kind != Bucket && t.cost < best.cost+rival {
			period = min(period, t.Period)
		}
	}
	for _, t := range theories {
		if t.cost < best.cost+rival && (t.Kind == Bucket || t.Period == period) {
			opens = max(opens, t.opens)
		}
	}
	return opens
}

// lentOpening is for how long to wait where somebody else spends of the limit.
func (l *Learner) lentOpening(theories []theory, now float64) float64 {
	for _, t := range theories {
		if t.Kind == l.lent.Kind && t.Period == l.lent.Period && t.Kind != Bucket {
			return min(max(t.opens-now, 2/l.rate), t.Period.Seconds())
		}
	}
	return l.blind()
}

// open lets nothing leave until a refusal is over: as long as the server says, else as long as it must be.
func (l *Learner) open(a Answer, wait float64) {
	l.wait = min(max(wait, 0), lastWait.Seconds())
	wait = l.wait
	until := a.At.Add(time.Duration(wait * float64(time.Second)))
	if a.RetryAfter > 0 {
		until = a.At.Add(a.RetryAfter)
	}
	l.notBefore(until)
}

func (l *Learner) notBefore(at time.Time) {
	if at.After(l.opens) {
		l.opens = at
	}
}

// blind is the wait after a refusal of which nothing is known.
func (l *Learner) blind() float64 {
	first := 2 / l.rate
	if first > firstWait.Seconds() {
		first = firstWait.Seconds()
	}
	return min(first*math.Pow(2, float64(l.inARow-1)), lastWait.Seconds())
}

// believe takes the best theory for true, as sure as the others are worse.
func (l *Learner) believe(theories []theory) {
	byKind := make(map[Kind]float64)
	best := theories[0]
	total := 0.0
	for _, t := range theories {
		if _, has := byKind[t.Kind]; !has {
			byKind[t.Kind] = math.Exp(best.cost - t.cost)
			total += byKind[t.Kind]
		}
	}
	l.belief = Belief{Rate: best.rate, Kind: best.Kind, Period: best.Period, Sure: 1 / total, Refusals: l.events}
	l.best = nil
	for _, t := range theories {
		if t.cost < best.cost+rival && t.Period == best.Period {
			l.best = append(l.best, t)
		}
	}
	if l.events < 3 && l.belief.Sure < 0.9 {
		l.belief.Kind, l.belief.Period = Unknown, 0
	}
}

// safe is the rate at which a server that counts so refuses nothing. A bucket of one token stands no two requests that
// come nearer to one another than they left.
func (l *Learner) safe(t theory) float64 {
	if t.Kind == Bucket && t.limit < 1 {
		return min(margin*t.rate, 1/(1/t.rate+l.fuzz()))
	}
	return margin * t.rate
}

// proven is what one refusal at a rate cannot speak against.
func (l *Learner) proven(refused float64) float64 {
	switch {
	case l.inARow > 1:
		return 0
	case refused > 1.01*l.firm:
		return l.firm
	default:
		return l.firm / 2
	}
}

// refused is the rate at which a request left that was refused.
func (l *Learner) refused(at float64) float64 {
	if at < l.changed {
		return max(l.rate, l.before)
	}
	return l.rate
}

// settle sets the rate after a refusal.
func (l *Learner) settle(best theory, before Belief, at float64) News {
	refused := l.refused(at)
	l.high, l.low = 0, 0
	few := best.Kind != Bucket && best.limit < 3 // so small a window is hardly true: it is a bucket that gets few at once
	if best.Kind == Bucket {                     // what is refused at a rate has less than that
		best.rate, best.most = min(best.rate, refused), min(best.most, refused)
		best.least = min(best.least, best.rate)
		l.belief.Rate = best.rate
	}
	switch {
	case l.quota > 0 && refused > l.quota:
		l.belief.Rate = l.quota
		l.setRate(margin * l.quota)
	case l.past.refusals == 1 && l.prior.Rate > 0: // it is what was known, unless that is refused
		l.belief.Rate = min(l.prior.Rate, refused)
		l.setRate(min(margin*l.prior.Rate, margin*refused))
	case l.past.refusals == 1 || few || best.most > best.least*settled:
		l.high, l.low = min(refused, max(best.most, best.rate)), best.least
		if l.past.refusals == 1 || few {
			l.high, l.low = refused, max(l.low, refused/8)
		}
		if l.high <= l.low*settled {
			l.high = 0
		}
		l.aim()
	default:
		l.setRate(l.safe(best))
	}
	if l.events < 3 && l.prior.Rate == 0 && l.rate < refused/3 { // too few to believe that it is so much less
		l.setRate(refused / 3)
	}
	if least := l.proven(refused); l.rate < least {
		l.high = 0
		l.belief.Rate = max(l.belief.Rate, least/margin)
		l.setRate(least)
	}
	if l.probing {
		l.tryAfter = min(2*l.tryAfter, lastTry)
	}
	l.probing = false
	if math.Abs(l.belief.Rate-before.Rate) > 0.02*before.Rate {
		return Learnt
	}
	return ""
}

// back ends what giving way began, and tells it.
func (l *Learner) back() News {
	if l.rate < margin*l.held {
		return ""
	}
	l.belief, l.prior, l.firm, l.held = l.lent, l.lent, l.held, 0
	l.past.forget(len(l.past.trials))
	return CameBack
}

// giveWay goes down because somebody else spends of the limit. What the server does then tells nothing of how it counts.
func (l *Learner) giveWay(refused float64) News {
	news := News("")
	if l.held == 0 {
		l.held, l.lent, l.gave, l.firm, news = l.firm, l.belief, 0, 0, GaveWay
		l.high, l.probing = 0, false
	}
	if l.gave++; l.gave > mostGiven { // nobody spends of it for as long: it is the limit that is another one
		l.held, l.belief, l.prior, l.best, l.events = 0, Belief{}, Belief{}, nil, 0
		l.past.forget(len(l.past.trials))
	}
	l.setRate(refused / given)
	return news
}
