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
	memory      = 6_000 // entries that are kept
	longest     = 60    // seconds that nothing leaves, unless the server asks for more
	leastMargin = 0.01
	mostMargin  = 0.30
	firstQuiet  = 1_000
	trusted     = 5_000 // that pass at a rate that was learnt before, until a faster one is tried
	firstReview = 8
	rejudged    = 500 // that passed
	cautious    = 0.5
	boldest     = 0.9
	steepest    = 4   // to which part the pace falls at one refusal
	strictly    = 2   // at how many at once requests are kept apart
	dear        = 100 // requests that a refusal costs, above which none is risked to learn the kind
	usual       = 30  // requests that a refusal costs, above which it is risked the more seldom the more it does
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

// Pace is how many requests may leave in a second.
func (l *Learner) Pace() float64 { return l.spell.hastened(l.pace, l.bounds.Most) }

// gap is the time between two requests.
func (l *Learner) gap() float64 { return 1 / l.Pace() }

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

// courage is how likely the pace may be too fast: the more the longer nothing was refused, as a pace that is never too fast
// tells nothing. As long as the kind is not known it tries what is known to be too fast, too, as that tells most.
func (l *Learner) courage() float64 {
	q := cautious
	for since := firstReview; since <= l.since && q < l.boldest; since *= 2 {
		q += 0.1
	}
	if _, sure := l.verdict.kind(); sure < 0.9 && q >= l.boldest && l.cost() < dear {
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
		if l.cost() > dear {
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
	case l.since%100 == 0 && float64(l.since) > float64(l.quiet)*max(1, l.cost()/usual):
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

// grow raises the pace as long as nothing was refused: slowly where it was learnt before.
func (l *Learner) grow() {
	by := 1.15
	switch slow := l.bounds.Learned > 0; {
	case l.pace >= l.bounds.Most,
		l.latest-l.raised < 2*l.trip,
		slow && (l.since < trusted || l.grown < 100),
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
