package learn

import (
	"math"
	"time"
)

// refused goes on after a request that was refused, and returns how long nothing may leave.
func (l *Learner) refused(at, now float64, asked time.Duration) time.Duration {
	if at >= l.counted { // those that left together count once
		l.inRow++
		l.counted = now
	}
	if asked > 0 || l.price == 0 { // what it says, or a guess before the first wait
		l.price = now - at + max(asked.Seconds(), 0.5)
	}
	hastened := l.suffered(at)
	l.keep(entry{at: at, late: l.late, refused: true, asked: asked.Seconds()})
	l.refusals++
	l.refuses += (1 - l.refuses) / 30
	if l.inRow == 1 {
		l.floor = l.pace
		if !hastened {
			l.surprise(at)
		}
	}
	before, soon := l.pace, l.refusals > 1 && (l.inRow > 1 || l.since < firstReview)
	l.floor = min(l.floor, l.pace) / steepest
	l.since, l.grown, l.review = 0, 0, firstReview
	if l.inRow <= stormRefusals || l.inRow%stormRefusals == 0 { // one more of many tells nothing new
		l.judge()
	}
	if l.refuses > 0.2 && l.inRow == 1 && l.verdict.chance < 0.9 && !l.strict() {
		l.yield *= 0.8
		l.setPace()
	}
	if kind, _ := l.verdict.kind(); soon && kind == Chance && l.refusals <= 2*enough { // which is soon said
		before = max(before/2, min(l.bounds.Least, before))
	}
	l.pace = min(l.pace, before)
	wait := l.rest(now, asked)
	l.price += (now - at + wait - l.price) / 4
	return time.Duration(wait * float64(time.Second))
}

// rest is how long nothing may leave after a refusal, seconds.
func (l *Learner) rest(now float64, asked time.Duration) float64 {
	if asked > 0 {
		return asked.Seconds()
	}
	opens := l.verdict.opens(l.all, now, 0.5) - now
	settled := l.refusals > enough && l.verdict.settled()
	if settled { // the second of two in a row would tell little more
		opens = min(l.verdict.opens(l.all, now, 0.9)-now, 16*opens)
	}
	wait := max(opens+l.slack(), l.gap()/2)
	if l.inRow > 4 {
		wait = max(wait, l.gap()*math.Exp2(float64(l.inRow-4)))
	}
	if !settled {
		wait = min(wait, max(l.gap(), math.Exp2(float64(min(l.inRow, 10)))/2))
	}
	return min(wait, longest)
}

// surprise takes in that a request was refused while all was thought to be well.
func (l *Learner) surprise(at float64) {
	if l.lift > 1 {
		l.lift, l.quiet = 1, min(2*l.quiet, 64*firstQuiet)
		return
	}
	switch {
	case l.strict(): // it came sooner after the one before than it was sent
		l.margin = min(mostMargin, l.margin+0.02)
	case l.since == 0 || l.refusals <= enough:
	case l.courage() > cautious:
		l.boldest = max(cautious, l.boldest-0.1)
	default:
		l.margin = min(mostMargin, l.margin+0.01)
	}
	if !l.unexplained(at) {
		return
	}
	l.strange = append(l.strange, l.answers)
	if n := len(l.strange); n >= 2 && l.answers-l.strange[n-2] < 200 {
		l.others, l.strange = true, nil
		l.beliefs, l.from = l.verdict.beliefs(), len(l.all)-1 // what was seen before holds no longer
	}
}

// unexplained reports whether a request was refused that what is known of the limit lets pass by far.
func (l *Learner) unexplained(at float64) bool {
	if l.refusals <= enough {
		return false
	}
	before, sum := l.all[:len(l.all)-1], 0.0
	for _, t := range l.verdict.theories {
		if t.weight < negligible {
			break
		}
		if t.n >= 5 && t.open(before, t.n*3/4, at) <= at {
			sum += t.weight
		}
	}
	return sum > 0.9
}
