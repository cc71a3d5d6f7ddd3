package learn

import (
	"math"
	"slices"
	"time"
)

// Answer is a request that was answered.
type Answer struct {
	Sent     time.Time
	Answered time.Time
	Refused  bool          // because requests came too fast
	Asked    time.Duration // how long to wait, as a refusal said; 0: it did not
	Told     Told          // by headers
}

// Bounds are what a pace is kept within, in requests a second.
type Bounds struct {
	Start   float64 // what it begins with
	Most    float64 // what it is never above; infinite: it is raised until something is refused
	Least   float64 // what it does not go below
	Learned float64 // what it begins with instead, as it was found before; 0: nothing was
}

// Learner finds the limit of a server. It is for one goroutine at a time.
type Learner struct {
	knowledge

	bounds Bounds
	first  time.Time
	offset float64 // of it into its day, UTC, seconds
	mem    scratch

	trip, spread float64 // the time of an answer and how much it varies, seconds
	shortest     float64 // of the last answers, seconds
	late         float64 // by how much later than the shortest way takes the last that passed may have come there, seconds
	inRow        int     // refusals since one passed
	counted      float64 // when the last of those was answered
	price        float64 // what a refusal costs, seconds in which nothing leaves
	top          float64 // the fastest there was before the first refusal
	stated       float64 // what headers tell, in requests a second; 0: nothing
	answers      int
	latest       float64 // when the last of them was sent
	spell        spell
}

// knowledge is what is found out by requests that are let pass and refused.
type knowledge struct {
	pace    float64
	floor   float64 // what it does not fall below before the next refusal
	all     []entry
	from    int // the first that is evidence; those before only used something up
	beliefs map[shape]float64
	verdict verdict
	whole   int // how much there was to weigh when all theories were

	refusals int     // that are evidence, or were
	since    int     // that passed since the last refusal
	review   int     // how many must have passed since then before there is another verdict
	grown    int     // that passed since the pace was raised
	raised   float64 // when it was, before anything was refused

	margin  float64 // how much the pace is below what was found, a fraction
	boldest float64 // what the courage is never above
	lift    float64 // how much it is above that, to find out whether there is more, a factor
	quiet   int     // how many must pass before that
	yield   float64 // how much of it is left when somebody else uses it up, a factor
	refuses float64 // which fraction of the last ones was refused
	strange []int   // how many were answered when one was refused that should have passed
	others  bool
}

// The controller's figures.
const (
	memory       = 6_000 // entries that are kept
	longest      = 60    // seconds that nothing leaves, unless the server asks for more
	leastMargin  = 0.01
	mostMargin   = 0.30
	firstQuiet   = 1_000
	learntHolds  = 5_000 // that pass at a rate that was learnt before, until a faster one is tried
	firstReview  = 8
	rejudged     = 500 // that passed
	cautious     = 0.5
	boldest      = 0.9
	steepest     = 4   // to which part the pace falls at one refusal
	strictly     = 2   // at how many at once requests are kept apart
	riskedCost   = 100 // requests that a refusal costs, above which none is risked to learn the kind
	riskedFreely = 30  // requests that a refusal costs, above which it is risked the more seldom the more it does
)

// New returns a Learner that knows nothing.
func New(b Bounds) *Learner {
	start := min(b.Start, b.Most)
	if b.Learned > 0 {
		start = min(b.Learned, b.Most)
	}
	return &Learner{
		bounds: b, top: start,
		knowledge: knowledge{pace: start, margin: leastMargin, boldest: boldest, lift: 1, quiet: firstQuiet, yield: 1},
		spell:     spell{endure: steadyRequests},
	}
}

func (l *Learner) seconds(at time.Time) float64 {
	if l.first.IsZero() {
		l.first = at
		l.offset = at.Sub(at.UTC().Truncate(24 * time.Hour)).Seconds()
	}
	return l.offset + at.Sub(l.first).Seconds() // a clock that is set changes nothing
}

// slack is how far from what is thought a request may have come to the server, in seconds.
func (l *Learner) slack() float64 { return min(0.002+2*l.spread, 0.25) }

// Answered takes in an answer, and returns how long nothing may leave then.
func (l *Learner) Answered(a Answer) (wait time.Duration) {
	defer l.yielded()
	at, now := l.seconds(a.Sent), l.seconds(a.Answered)
	l.timed(now - at)
	l.answers++
	l.latest = at
	if l.answers == 1 {
		l.spell.steadyFrom = at
	}
	l.told(a.Told)
	if a.Refused {
		return l.refused(at, now, a.Asked)
	}
	l.passed(at)
	if a.Told.Remaining == 0 && a.Told.Reset > 0 {
		return min(a.Told.Reset, longest*time.Second)
	}
	return 0
}

// Late is by how much later than when it was sent the request that was answered last may have come to the server, where
// that matters: where each must come so long after the one before, the next is to leave later by as much.
func (l *Learner) Late() time.Duration {
	if l.inRow > 0 || !l.strict() {
		return 0
	}
	return time.Duration(min(l.late, l.gap()) * float64(time.Second))
}

// strict reports whether the server seems to let nothing pass that comes too soon after the one before.
func (l *Learner) strict() bool {
	kind, _ := l.verdict.kind()
	t, ok := l.verdict.best(kind)
	return ok && l.refusals > 0 && kind == Bucket && t.n <= strictly
}

// told takes in what headers tell.
func (l *Learner) told(t Told) {
	rate := t.rate()
	if rate == 0 && t.Remaining > 0 && t.Reset > 0 {
		rate = float64(t.Remaining) / t.Reset.Seconds()
		if l.pace <= rate {
			rate = 0 // it bounds a pace that is too fast, and raises none
		}
	}
	if rate > 0 && rate != l.stated {
		l.stated = rate
		l.top = max(l.top, min(rate, l.bounds.Most))
		l.setPace()
	}
}

// timed takes in how long an answer took.
func (l *Learner) timed(took float64) {
	if l.trip == 0 {
		l.trip, l.shortest = took, took
	}
	l.shortest = min(took, l.shortest+(l.trip-l.shortest)/256)
	l.late = max(0, took-l.shortest)
	l.spread += (math.Abs(took-l.trip) - l.spread) / 16
	l.trip += (took - l.trip) / 16
}

// keep puts an entry where it belongs in time, and forgets the oldest.
func (l *Learner) keep(e entry) {
	l.all = append(l.all, e)
	for i := len(l.all) - 1; i > 0 && l.all[i-1].at > e.at; i-- {
		l.all[i-1], l.all[i] = l.all[i], l.all[i-1]
	}
	if len(l.all) < memory {
		return
	}
	const fold, forget = memory * 3 / 4, memory / 2
	// What was seen before a change of the limit is passed over, and the change may have been just now.
	if folded := l.all[:fold]; l.from < fold && anyRefused(folded[l.from:]) {
		l.beliefs = judge(folded, l.from, l.slack(), l.beliefs, shapes(folded, l.from), &l.mem).beliefs()
	}
	l.all = append(l.all[:0], l.all[forget:]...)
	l.from = max(l.from, fold) - forget
}

func anyRefused(all []entry) bool {
	return slices.ContainsFunc(all, func(e entry) bool { return e.refused })
}

// beliefs are what is thought of the shapes.
func (v verdict) beliefs() map[shape]float64 {
	all := map[shape]float64{{kind: Chance}: v.chance}
	for _, t := range v.theories {
		all[t.shape] = t.weight
	}
	return all
}

// judge forms a verdict, and the pace by it.
func (l *Learner) judge() {
	if !anyRefused(l.all[l.from:]) {
		return
	}
	among := l.verdict.alive()
	weight := len(l.all) + 20*l.refusals
	if len(among) == 0 || l.since == 0 && l.refusals <= 2*enough || weight >= l.whole+l.whole/2 {
		among, l.whole = shapes(l.all, l.from), weight
	}
	l.verdict = judge(l.all, l.from, l.slack(), l.beliefs, among, &l.mem)
	l.setPace()
}

// passed goes on after a request that was let pass.
func (l *Learner) passed(at float64) {
	l.outlived(at)
	l.keep(entry{at: at, late: l.late})
	if at >= l.counted {
		l.inRow = 0
	}
	l.since++
	l.grown++
	l.refuses *= 1 - 1.0/30
	if l.grown >= 10 && l.yield < 1 {
		l.grown, l.yield = 0, min(1, l.yield*1.05)
		l.setPace()
	}
	switch {
	case l.refusals == 0:
		l.grow()
		return
	case l.since%200 == 0:
		l.margin = max(leastMargin, l.margin*0.9)
	case l.since%100 == 0 && float64(l.since) > float64(l.quiet)*max(1, l.cost()/riskedFreely):
		l.lift *= 1.05
	}
	if l.since >= l.review {
		l.review *= 2
		if _, sure := l.verdict.kind(); sure > 0.99 && l.refusals > 2*enough && l.since < rejudged {
			l.setPace() // by more courage; a few that passed change nothing else
		} else {
			l.judge()
		}
	}
}
