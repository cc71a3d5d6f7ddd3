package gate

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/bulknum/bulknum/client/internal/learn"
)

// Answer is that a request was answered.
type Answer struct {
	Sent    time.Time
	Refused bool          // because requests come too fast
	Asked   time.Duration // how long to wait, as the refusal says; 0: it does not
	Header  http.Header
	Date    time.Time // the server's clock
}

// Learnt is what a gate found of the server's limit. Its zero value is nothing.
type Learnt struct {
	// Refusals is how many requests were refused because they came too fast.
	Refusals int `json:"refusals"`
	// Forgiven is how many of them tell nothing of a limit: later the same rate was let pass again.
	Forgiven int `json:"forgiven,omitempty"`
	// Window is how the server counts: "rolling" is Limit requests in any stretch of Per, "fixed" the same in windows that
	// begin on the clock, "bucket" Limit at once and then one every Per, "chance" no limit at all. "" is not known.
	Window string        `json:"window,omitempty"`
	Limit  int           `json:"limit,omitempty"`
	Per    time.Duration `json:"per,omitempty"`
	// Sure is how likely that is among what was weighed, from 0 to 1.
	Sure float64 `json:"sure,omitempty"`
	// Others is true when somebody else seems to use some of it up.
	Others bool `json:"others,omitempty"`
	// Rate stays just below the limit, for the next time.
	Rate Rate `json:"rate,omitzero"`
}

// ByChance reports whether no limit was found: some requests are refused, whatever the rate.
func (l Learnt) ByChance() bool { return l.Window == string(learn.Chance) }

// String says in words what was found.
func (l Learnt) String() string {
	requests := "requests were"
	if l.Refusals == 1 {
		requests = "request was"
	}
	text := fmt.Sprintf("%d %s refused as too fast (429): ", l.Refusals, requests)
	sure := fmt.Sprintf(" (%.0f %% sure)", math.Floor(100*l.Sure))
	switch learn.Kind(l.Window) {
	case learn.Chance:
		return text + "by chance, whatever the rate" + sure
	case learn.Rolling:
		text += fmt.Sprintf("the API seems to let pass %d in any %v%s", l.Limit, l.Per, sure)
	case learn.Fixed:
		text += fmt.Sprintf("the API seems to let pass %d in each %v by the clock%s", l.Limit, l.Per, sure)
	case learn.Bucket:
		text += fmt.Sprintf("the API seems to let pass %d at once, and then one every %v%s", l.Limit, l.Per.Round(l.Per/1000+1), sure)
	default:
		if l.Forgiven > 0 {
			return text + "for a while, after which the same rate was let pass again; that is no limit, but a failure of the API or " +
				"somebody else who used its limit up"
		}
		return text + "too few to tell how the API counts"
	}
	if l.Others {
		text += "; somebody else seems to use some of it up"
	}
	return text + fmt.Sprintf("; a rate of %v stays below", l.Rate)
}

// leastRate is where a rate that is learnt does not go below unless it is asked for.
var leastRate = Rate{n: 1, per: time.Minute}

// SetLeast sets where the rate that is learnt does not go below; zero: once a minute.
func (g *Gate) SetLeast(least Rate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.least = least
	changeLearner(g, 0)
}

// Recall begins with the rate that was learnt another time, in place of the one that is allowed if that is faster, and
// rises from there slowly.
func (g *Gate) Recall(learnt Rate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.learner != nil && g.learner.Found().Refusals == 0 { // else it knows better
		changeLearner(g, learnt.PerSecond())
	}
}

func changeLearner(g *Gate, before float64) {
	relearn(g, before)
	applyLimit(g, time.Now())
	g.wake()
}

// relearn forgets what was learnt of the limit, but for the rate: the caller holds mu.
func relearn(g *Gate, before float64) {
	g.learner = nil
	r := g.present()
	if r == Unlimited {
		return
	}
	least := g.least
	if least == (Rate{}) {
		least = leastRate
	}
	g.learner = learn.New(learn.Bounds{Start: r.PerSecond(), Most: r.most(time.Now()), Least: least.PerSecond(), Learned: before})
}

// most is what a rate allows in a second, at a moment.
func (r Rate) most(now time.Time) float64 {
	if r.auto {
		return math.Inf(1)
	}
	return r.At(now).PerSecond()
}

// Yielding is that the rate gives way, as requests are refused at one that held before: somebody else may spend of the
// same limit. Or that it is back there.
type Yielding struct {
	From, To Rate // the rate that held before, and the one in force
	Over     bool
}

// String says it in words.
func (y Yielding) String() string {
	if y.Over {
		return fmt.Sprintf("the rate is back at %v", y.To)
	}
	return fmt.Sprintf("requests are refused as too fast (429) at %v, which held before, as when somebody else spends of the same "+
		"limit: the rate gives way, to %v so far", y.From, y.To)
}

// Answered takes in an answer, from which the gate learns how fast requests may leave. After a refusal that does not say
// how long to wait nothing leaves for as long as what was learnt needs. There is news when the rate begins to give way, and
// when it is back.
func (g *Gate) Answered(a Answer) (y Yielding, news bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.learner == nil {
		return Yielding{}, false
	}
	now := time.Now()
	before := g.learner.Pace()
	_, yielded := g.learner.Yields()
	wait := g.learner.Answered(learn.Answer{
		Sent: a.Sent, Answered: now, Refused: a.Refused, Asked: a.Asked, Told: learn.Read(a.Header, a.Date),
	})
	if late := g.learner.Late(); late > 0 {
		g.apart = a.Sent.Add(inForce(g, now) + late)
	}
	if g.learner.Pace() != before {
		byClock(g, now)
		g.wake()
	}
	if wait > 0 && a.Asked <= 0 {
		// Two clients of one account drift apart.
		pushBackFor(g, Throttled, now, wait+time.Duration(g.jitter()*float64(min(wait, time.Second))/4))
	}
	from, yields := g.learner.Yields()
	if yields == yielded {
		return Yielding{}, false
	}
	return Yielding{From: asRate(g, from, now), To: asRate(g, g.learner.Pace(), now), Over: !yields}, true
}

// asRate is a pace as a rate, or the rate that is allowed at a moment where the pace is no slower: the caller holds mu.
func asRate(g *Gate, perSecond float64, now time.Time) Rate {
	if r := g.present(); r.auto || perSecond < r.At(now).PerSecond() {
		return below(perSecond, 1)
	}
	return g.present().At(now)
}

// inForce is the time from one request to the next at the rate in force: the caller holds mu.
func inForce(g *Gate, now time.Time) time.Duration {
	allowed := g.present().At(now)
	if g.learner == nil {
		return allowed.Every()
	}
	g.learner.Bound(g.present().most(now))
	if g.learner.Pace() == g.present().most(now) {
		return allowed.Every()
	}
	return time.Duration(float64(time.Second) / g.learner.Pace())
}

// Rate returns the rate in force: the one that is allowed or, where requests were refused or may rise, the one that was
// learnt.
func (g *Gate) Rate() Rate {
	g.mu.Lock()
	defer g.mu.Unlock()
	allowed, now := g.present(), time.Now()
	if g.learner == nil {
		return allowed
	}
	every := inForce(g, now)
	if allowed.auto {
		return below(1/every.Seconds(), 1)
	}
	return allowed.within(every)
}

// within is a rate with nothing in it that is faster than one request so often.
func (r Rate) within(every time.Duration) Rate {
	if r.clock == "" {
		if every <= r.Every() {
			return r
		}
		return below(1/every.Seconds(), 1)
	}
	text := ""
	for _, s := range r.steps() {
		if text != "" {
			text += ", "
		}
		text += s.text(s.rate.within(every))
	}
	return Rate{clock: text}
}

// Learnt returns what was found of the server's limit.
func (g *Gate) Learnt() Learnt {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.learner == nil {
		return Learnt{}
	}
	f := g.learner.Found()
	l := Learnt{Refusals: f.Refusals, Forgiven: f.Forgiven, Window: string(f.Kind), Limit: f.N, Per: f.Per, Sure: f.Sure, Others: f.Others}
	if f.Refusals > 0 || g.present().auto {
		l.Rate = below(min(f.Rate, g.learner.Pace()), 1-leeway)
	}
	return l
}

// leeway is how much below a limit a rate is that is to be written down, and what it loses at most by being whole, a
// fraction.
const leeway = 0.01

// below is a rate of so many in a second, times a share, as people say it: in the smallest unit in which it loses little
// by being whole.
func below(perSecond, share float64) Rate {
	for _, unit := range []string{"s", "m", "h"} {
		per := units[unit]
		n := perSecond * share * per.Seconds()
		if whole := math.Floor(n + 1e-6); per == time.Hour || whole > 0 && n-whole <= leeway*n {
			return Rate{n: max(1, int(whole)), per: per}
		}
	}
	return Rate{}
}

// text is a step with another rate, as parseSteps reads it.
func (s step) text(r Rate) string {
	pad := func(n int) string { return strconv.Itoa(n/10) + strconv.Itoa(n%10) }
	return pad(s.hour) + ":" + pad(s.minute) + " " + r.String()
}

// applyLimit makes the limiter go at the rate in force: the caller holds mu.
func applyLimit(g *Gate, now time.Time) {
	if limit := rate.Every(inForce(g, now)); limit != g.limiter.Limit() {
		g.limiter.SetLimitAt(now, limit)
	}
}
