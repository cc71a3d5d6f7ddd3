package learn

import (
	"math"
	"time"
)

// Kind is how a server counts.
type Kind string

// The kinds.
const (
	Unknown Kind = "unknown"
	Fixed   Kind = "fixed"   // windows that begin by the clock
	Rolling Kind = "rolling" // a window that ends now
	Bucket  Kind = "bucket"  // tokens that come back one by one
)

// Config is what a Learner begins with. Rates are requests a second.
type Config struct {
	Now   time.Time
	Start float64 // the rate to begin with
	Most  float64 // the highest rate; 0: whatever the server takes
	Least float64 // the lowest rate; 0: none
	Known Belief  // what was learnt earlier; zero: nothing
}

// Belief is what a Learner believes of the server's limit.
type Belief struct {
	Rate     float64       `json:"rate"`             // requests a second; 0: it has met none
	Kind     Kind          `json:"kind"`             // how the server counts
	Period   time.Duration `json:"period,omitempty"` // of a window; 0 for a bucket, and while the kind is not known
	Sure     float64       `json:"sure"`             // the chance that the kind is right, 0 to 1
	Refusals int           `json:"refusals"`         // on which it rests
}

// Answer is what became of a request.
type Answer struct {
	Sent, At   time.Time // when it left, and when it was answered
	Refused    bool      // with 429
	RetryAfter time.Duration
	Date       time.Time // the server's clock; zero: it did not tell
	Quota      Quota
}

// Quota is what an answer says of the limit.
type Quota struct {
	Limit     int           // requests in a window; 0: not told
	Window    time.Duration // 0: not told
	Remaining int           // requests left in this window; -1: not told
	Reset     time.Duration // until the window ends; 0: not told
}

// News is what is worth telling.
type News string

// The news.
const (
	Learnt   News = "learnt"    // the limit, or another one than before
	GaveWay  News = "gave way"  // what held before is refused now: somebody else spends of it
	CameBack News = "came back" // what held before is accepted again
)

const (
	margin     = 0.97 // of a limit that is known: what comes evenly at it meets a bad moment now and then
	climb      = 1.1  // up, where no limit is known, for every 50 requests,
	climbTime  = 1.2  // but no quicker than that many seconds: a window of a second would be taken for what is not there
	settled    = 1.06 // between what is accepted and what is refused: near enough
	sustained  = 25   // requests that must be accepted at a rate before another one is tried
	firstTry   = 500  // requests until a limit that is known is tried again, doubling up to
	lastTry    = 4000
	tried      = 1.05 // by how much
	firstMost  = 250  // requests that a wait may cost while nothing is known
	given      = 1.2  // by how much it goes down to give way
	mostGiven  = 40   // refusals until it does no longer
	leastReset = 5 * time.Second
	firstWait  = 2 * time.Second
	lastWait   = time.Minute
)

// Learner learns the limit. It is not safe for use by several goroutines.
type Learner struct {
	config Config
	began  time.Time
	clock  serverClock
	past   history
	sends  sends
	rate   float64  // at which requests leave
	high   float64  // a rate that was refused; 0: none
	low    float64  // a rate that was accepted for long; 0: none
	trip   float64  // of a request and its answer, in seconds
	vary   float64  // by how much it differs
	prior  Belief   // what was known before what is remembered
	best   []theory // what agrees best with what happened, and what agrees as well and has windows as long
	events int      // of refusals
	belief Belief
	firm   float64 // a rate at which very many were accepted
	due    float64 // when the next request would leave at that rate, had all left at it
	held   float64 // the rate that held before it gave way; 0: it did not
	lent   Belief  // what was believed then
	gave   int     // refusals since then

	now       float64 // the latest answer
	before    float64 // the rate before this one
	changed   float64 // when that was
	quota     float64 // what the server says that the limit is; 0: it does not
	accepted  int     // at the present rate
	tryAfter  int     // requests accepted until the limit is tried again
	probing   bool    // above the limit that is believed
	refusedAt float64 // when the latest event of refusals was noticed
	inARow    int     // such events
	wait      float64 // that of the latest one, in seconds
	opens     time.Time
}

// New returns a Learner.
func New(c Config) *Learner {
	l := &Learner{config: c, began: c.Now, rate: c.Start, belief: c.Known, refusedAt: math.Inf(-1), tryAfter: firstTry}
	if l.prior = l.belief; l.belief.Rate > 0 {
		l.tryAfter = lastTry / 2
		l.rate = margin * l.belief.Rate
	}
	l.setRate(l.rate)
	return l
}

// Rate is the rate at which requests may leave, in requests a second.
func (l *Learner) Rate() float64 { return l.rate }

// Opens is when the next request may leave: until then the server refuses it. In the past: at once.
func (l *Learner) Opens() time.Time { return l.opens }

// Knows reports whether something follows for the end of a wait: something was accepted before it was refused.
func (l *Learner) Knows() bool { return l.past.refusals > 0 && len(l.past.trials) > l.past.refusals }

// Belief is what is believed of the limit.
func (l *Learner) Belief() Belief { return l.belief }

// Sent takes in that a request leaves. Its answer comes later, if one comes.
func (l *Learner) Sent(at time.Time) {
	t := at.Sub(l.began).Seconds()
	l.sends.add(t)
	if l.firm > 0 {
		l.due = max(l.due, t) + 1/l.firm
	}
	if full := l.full(); full > 0 {
		l.notBefore(l.began.Add(time.Duration(full * float64(time.Second))))
	}
}

// full is until when a window has no room, by what is believed of it; 0: it has room. While the limit is looked for, it is
// what is to be found out.
func (l *Learner) full() (until float64) {
	if l.held > 0 || l.probing || l.unsettled() || l.past.refusals < 2 {
		return 0
	}
	fuzz := l.fuzz()
	for _, t := range l.best {
		p, n := t.Period.Seconds(), int(t.limit)
		if len(l.sends) < n {
			continue
		}
		switch t.Kind {
		case Rolling:
			until = max(until, l.sends[len(l.sends)-n]+p+fuzz)
		case Fixed:
			zero, fuzz := l.zero(), fuzz+l.clock.late()
			start := math.Floor((l.sends[len(l.sends)-1]+zero)/p)*p - zero
			if l.sends.since(start-fuzz) >= n {
				until = max(until, start+p+fuzz)
			}
		}
	}
	return until
}

// fuzz is by how much two requests may come nearer to one another than they left, or further away.
func (l *Learner) fuzz() float64 { return 4*l.vary + min(0.001, 0.02/l.rate) }

// zero is the beginning by the server's clock, in seconds after a whole hour.
func (l *Learner) zero() float64 {
	return l.began.Sub(l.began.Truncate(time.Hour)).Seconds() + l.clock.middle()
}

// Answered takes in what became of a request, and returns what is worth telling; "" is nothing.
func (l *Learner) Answered(a Answer) News {
	if !a.Date.IsZero() {
		l.clock.read(a.Date, a.Sent, a.At)
	}
	at := a.Sent.Sub(l.began).Seconds()
	l.now = a.At.Sub(l.began).Seconds()
	if trip := a.At.Sub(a.Sent).Seconds(); l.trip == 0 {
		l.trip = trip
	} else {
		l.vary += (math.Abs(trip-l.trip) - l.vary) / 16
		l.trip += (trip - l.trip) / 16
	}
	if a.Refused {
		l.sends.remove(at)
		return l.refuse(a, at)
	}
	l.told(a)
	l.past.add(trial{at: at})
	if at >= l.refusedAt {
		l.inARow = 0
	}
	return l.accept()
}

// told takes in what an answer says of the limit. What it says in whole seconds is worth nothing for a window that ends
// soon.
func (l *Learner) told(a Answer) {
	q := a.Quota
	if q.Limit > 0 && q.Window > 0 {
		if rate := float64(q.Limit) / q.Window.Seconds(); rate != l.quota {
			l.quota, l.prior = rate, Belief{Rate: rate, Kind: Unknown}
			l.belief = l.prior
			l.setRate(margin * rate)
		}
	} else if q.Remaining > 0 && q.Reset >= leastReset {
		if rate := float64(q.Remaining) / q.Reset.Seconds(); rate < l.rate {
			l.setRate(margin * rate)
		}
	}
	if q.Remaining == 0 && q.Reset > 0 {
		l.notBefore(a.At.Add(q.Reset))
	}
}

// setRate sets the rate, within its bounds.
func (l *Learner) setRate(rate float64) {
	if l.config.Most > 0 {
		rate = min(rate, l.config.Most)
	}
	if rate = max(rate, l.config.Least); rate != l.rate {
		l.before, l.changed = l.rate, l.now
	}
	l.rate, l.accepted = rate, 0
}

// accept takes in a request that was accepted.
func (l *Learner) accept() News {
	l.accepted++
	if l.belief.Rate > 0 && !l.probing && l.held == 0 && !l.unsettled() && l.accepted >= l.enough()+4*sustained {
		l.firm = max(l.firm, l.rate)
	}
	switch {
	case l.held > 0:
		if l.accepted >= 2*sustained {
			l.setRate(min(l.rate*climb, l.held))
			return l.back()
		}
	case l.belief.Rate == 0: // no limit was met
		if step := max(2*sustained, climbTime*l.rate); float64(l.accepted) >= step {
			l.setRate(l.rate * math.Pow(climb, min(step/(2*sustained), 3.5)))
		}
	case l.unsettled():
		if l.accepted >= sustained {
			l.low = l.rate
			l.aim()
		}
	case l.probing:
		if l.accepted >= l.enough() {
			l.belief.Rate = max(l.belief.Rate, l.rate)
			l.setRate(l.rate * tried)
		}
	case l.quota > 0: // nobody knows better
	case l.accepted >= l.tryAfter:
		l.probing = true
		l.setRate(l.rate * tried)
	}
	return ""
}

// enough is how many requests must be accepted above the limit that is believed until that is higher: more than a window
// has, or a bucket that is emptied slowly.
func (l *Learner) enough() int {
	switch {
	case len(l.best) == 0:
		return 2 * sustained
	case l.best[0].Kind == Bucket:
		return int(l.best[0].limit+2) * sustained
	default:
		return int(1.2*l.best[0].limit) + sustained
	}
}

// unsettled reports whether the limit is still looked for, between a rate that was accepted and one that was refused.
func (l *Learner) unsettled() bool { return l.high > 0 && l.high > l.low*settled }

// aim sets the rate between low and high, or below the limit once both are near.
func (l *Learner) aim() {
	if !l.unsettled() {
		if l.high > 0 {
			l.belief.Rate = max(l.low, l.high/settled)
			l.high = 0
			l.setRate(l.low)
			return
		}
		l.belief.Rate = l.low
		l.setRate(margin * l.low)
		return
	}
	l.setRate(math.Sqrt(l.low * l.high))
}
