package gate

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/bulknum/bulknum/client/gate/learn"
)

// Learnt is news of the server's limit.
type Learnt struct {
	News learn.News `json:"news"`
	At   time.Time  `json:"at"`
	// Rate is that at which requests leave from now on, in requests a second.
	Rate   float64      `json:"rate"`
	Belief learn.Belief `json:"limit"`
}

// String is the news in words.
func (l Learnt) String() string {
	switch l.News {
	case learn.GaveWay:
		return fmt.Sprintf("somebody else spends of the same limit: now at most %s a second", figure(l.Rate))
	case learn.CameBack:
		return fmt.Sprintf("what somebody else spent of the limit is free again: %s a second", figure(l.Rate))
	default:
		return "the API's limit was learnt: " + l.Limit()
	}
}

// Limit is what is believed of the limit, in words: "576/m, a rolling window of 1s, 95 % sure after 4 refusals".
func (l Learnt) Limit() string {
	how := "how it counts is not known yet"
	switch l.Belief.Kind {
	case learn.Fixed:
		how = fmt.Sprintf("windows of %v by the clock", l.Belief.Period)
	case learn.Rolling:
		how = fmt.Sprintf("a rolling window of %v", l.Belief.Period)
	case learn.Bucket:
		how = "a bucket that refills"
	}
	if l.Belief.Kind != learn.Unknown {
		how += fmt.Sprintf(", %.0f %% sure", 100*l.Belief.Sure)
	}
	return fmt.Sprintf("%s, %s, after %d refusals", l.Suggested(1), how, l.Belief.Refusals)
}

// Suggested is a part of the limit as [ParseRate] reads it: in the unit in which that is at least 10, or in hours.
func (l Learnt) Suggested(part float64) Rate {
	for _, per := range []time.Duration{time.Second, time.Minute} {
		if n := part * l.Belief.Rate * per.Seconds(); n >= 10 {
			return Rate{n: int(n), per: per}
		}
	}
	return Rate{n: max(1, int(part*l.Belief.Rate*time.Hour.Seconds())), per: time.Hour}
}

// figure is a rate with what matters of it.
func figure(rate float64) string { return strconv.FormatFloat(rate, 'g', 3, 64) }

// SetLeast sets the rate below which what is learnt never goes; the zero Rate is none.
func (g *Gate) SetLeast(least Rate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.least = least
	g.forget()
}

// Know begins with what was learnt of the limit earlier.
func (g *Gate) Know(b learn.Belief) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known = b
	g.forget()
}

// forget begins to learn anew, from what is known, at the rate that holds: the caller holds mu.
func (g *Gate) forget() {
	if g.learner != nil {
		g.known = g.learner.Belief()
	}
	g.learner = nil
	g.limit()
}

// learning returns the learner; nil: there is no limit to learn. The caller holds mu.
func (g *Gate) learning(now time.Time) *learn.Learner {
	asked := g.present()
	if g.learner != nil || asked.PerSecond() == 0 {
		return g.learner
	}
	c := learn.Config{Now: now, Start: asked.PerSecond(), Least: g.least.PerSecond(), Known: g.known}
	if !asked.auto {
		c.Most = asked.PerSecond()
		c.Least = min(c.Least, c.Most)
	}
	g.learner = learn.New(c)
	g.pace()
	return g.learner
}

// pace applies the rate that is learnt: the caller holds mu.
func (g *Gate) pace() {
	if limit := rate.Limit(g.learner.Rate()); limit != g.limiter.Limit() {
		g.limiter.SetLimit(limit)
		g.wake()
	}
}

// Answered takes in what became of a request, as far as it tells of the server's limit. told is false when that is no
// news.
func (g *Gate) Answered(a learn.Answer) (news Learnt, told bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.learning(a.At)
	if l == nil {
		return Learnt{}, false
	}
	what := l.Answered(a)
	g.pace()
	return Learnt{News: what, At: a.At, Rate: l.Rate(), Belief: l.Belief()}, what != ""
}
