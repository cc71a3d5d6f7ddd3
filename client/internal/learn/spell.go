package learn

import (
	"math"
	"slices"
)

// spell is a time in which requests are refused after others had passed. It may have another reason than the pace: a server
// that fails, or somebody else who uses its limit up. When that is over, what was known before holds again.
type spell struct {
	before *knowledge // nil: there is none
	began  float64    // when the first was refused of those in a row
	held   bool       // the pace had been kept for long, so that it is tried again

	steadyFrom float64 // when the pace was raised, or something refused, last
	steady     int     // how many passed since
	hastens    float64 // by how much the pace is above what the refusals allow, a factor; 0 or 1: not at all
	patience   int     // how many must pass before it is
	eagerness  int     // how many where the pace is far below what it was
	back       int     // how many passed at the pace of before
	backFrom   float64 // since when
	endure     int     // how many must, for the spell to be over
	stormEnded float64 // when so many were refused in a row last
	stormy     bool    // that has been

	forgiven int // refusals that are no evidence any more

	yields bool // the pace has been well below that of before, and is not back there
}

// What a spell is judged by.
const (
	steadyRequests = 30
	steadySeconds  = 60
	firstPatience  = 10
	mostPatience   = 100 // so that few are refused where there is a limit
	stormRefusals  = 5   // in a row, for
	stormSeconds   = 90  // which is longer than the window of a common limit
	stormsApart    = 2 * 3_600.0
	mild           = 0.98 // the fraction of a pace from which on nothing is hastened
	patienceFor    = 120  // seconds, where the pace is half of what it was
	wellBelow      = 0.75 // the fraction of a pace from which on something else is said to have it give way
)

// hastened is a pace that is raised towards the one before the spell.
func (s *spell) hastened(pace, most float64) float64 {
	if s.before == nil || s.hastens <= 1 {
		return pace
	}
	return max(pace, min(pace*s.hastens, s.before.pace, most))
}

// suffered begins a spell where a request is refused, or makes it last, and reports whether the pace had been hastened.
func (l *Learner) suffered(at float64) (hastened bool) {
	s := &l.spell
	hastened = s.hastens > 1
	if l.inRow == 1 {
		s.began = at
		switch {
		case s.before == nil:
			known := l.knowledge
			known.all, known.strange = slices.Clone(l.all), nil
			s.before, s.patience, s.eagerness = &known, firstPatience, 1
			times := 1
			if math.IsInf(l.bounds.Most, 1) {
				times = doubtful
			}
			s.held = s.isSteady(at, times)
		case hastened && l.Pace() > 1.01*s.before.pace/steepest:
			s.patience = max(firstPatience, min(2*s.patience, max(l.tolerable(), mostPatience)))
		case hastened && l.foresees(at):
			s.eagerness = min(2*s.eagerness, mostPatience)
		}
	}
	s.hastens, s.steady, s.steadyFrom, s.back = 1, 0, at, 0
	return hastened
}

// foresees reports whether what is known of the limit lets nothing pass at a moment.
func (l *Learner) foresees(at float64) bool {
	sum := 0.0
	for _, t := range l.verdict.theories {
		if t.weight < negligible {
			break
		}
		if t.open(l.all, t.n, at) > at {
			sum += t.weight
		}
	}
	return sum > 0.9
}

// Yields reports whether requests are refused at a pace that held before, so that it is well below that, and which it was.
func (l *Learner) Yields() (before float64, yields bool) {
	if !l.spell.yields {
		return 0, false
	}
	return min(l.spell.before.pace, l.bounds.Most), true
}

// yielded notes whether the pace gives way, after an answer.
func (l *Learner) yielded() {
	s := &l.spell
	if s.before == nil || !s.held {
		s.yields = false
		return
	}
	switch before := min(s.before.pace, l.bounds.Most); {
	case l.pace < wellBelow*before:
		s.yields = true
	case l.pace >= mild*before:
		s.yields = false
	}
}

// isSteady reports whether a pace has been kept for so many times what is long.
func (s *spell) isSteady(at float64, times int) bool {
	return s.steady >= times*steadyRequests && at-s.steadyFrom >= float64(times*steadySeconds)
}

// doubtful is how many times as long a pace must be kept that nobody gave.
const doubtful = 5

// tolerable is for how many requests a pace is borne that may be too slow: the fewer, the more is lost by it.
func (l *Learner) tolerable() int {
	part := min(l.pace/l.spell.before.pace, mild)
	return int(patienceFor * l.pace * part / (1 - part))
}

// outlived goes on after a request that passed: it hastens the pace, or ends the spell.
func (l *Learner) outlived(at float64) {
	s := &l.spell
	s.steady++
	switch {
	case s.before == nil:
	case l.inRow >= stormRefusals && at-s.began >= stormSeconds && (!s.stormy || at-s.stormEnded > stormsApart):
		s.stormy, s.stormEnded = true, at
		l.restore()
	case !s.held, l.pace >= mild*s.before.pace && s.isSteady(at, 1):
		s.before = nil
	case l.Pace() >= s.before.pace:
		if s.back++; s.back == 1 {
			s.backFrom = at
		}
		if s.back > s.endure && at-s.backFrom >= steadySeconds {
			s.endure *= steepest
			others := l.others || l.refusals-s.before.refusals > enough
			l.restore()
			l.others = others
		}
	case l.Pace() < s.before.pace/steepest:
		if l.since < s.eagerness {
			return
		}
		s.hastens = min(max(s.hastens, 1)*steepest, 1.001*s.before.pace/steepest/l.pace)
	case l.since >= s.patience:
		s.hastens = max(s.hastens, 1) * 1.5
	}
}

// restore makes hold what was known before a spell; what was refused since is no evidence. If it does not hold for long, the
// spell goes on.
func (l *Learner) restore() {
	s := &l.spell
	s.forgiven += l.refusals - s.before.refusals
	others := l.others
	l.knowledge = *s.before
	l.all = slices.Clone(s.before.all)
	l.others = others
	l.pace = min(l.pace, l.bounds.Most)
	l.since, l.refuses = 0, 0
	s.held, s.hastens, s.steady, s.steadyFrom, s.back = true, 1, 0, l.latest, 0
}
