package learn

import (
	"math"
	"slices"
	"sync"
)

// Kind is how a server counts.
type Kind string

// The kinds. A bucket with a burst of one lets a request pass only so long after the one before.
const (
	Unknown Kind = ""
	Rolling Kind = "rolling" // so many in any stretch of a length
	Fixed   Kind = "fixed"   // so many in each window that begins at a whole multiple of its length
	Bucket  Kind = "bucket"  // a burst at once, then evenly
	Chance  Kind = "chance"  // some are refused whatever the pace
)

// kinds are those that are weighed, with what is thought of each before anything was seen.
var kinds = map[Kind]float64{Rolling: 0.3, Fixed: 0.3, Bucket: 0.3, Chance: 0.1}

// windows are the lengths, in seconds, that servers have, with what is thought of each before anything was seen.
var windows = []struct{ seconds, prior float64 }{
	{1, 0.28}, {2, 0.02}, {5, 0.03}, {10, 0.08}, {15, 0.02}, {20, 0.02}, {30, 0.06}, {60, 0.28}, {120, 0.02}, {300, 0.04},
	{600, 0.03}, {900, 0.03}, {1_800, 0.01}, {3_600, 0.07}, {86_400, 0.01},
}

// refillStep is the ratio of one refill of a bucket to the next that is weighed.
const refillStep = 1.01

// entry is a request that was answered.
type entry struct {
	at      float64 // when it was sent, seconds since the beginning of a day, UTC
	late    float64 // by how much later than the shortest way takes it came there, as its answer tells, seconds
	asked   float64 // how long to wait, as the refusal said; 0: it did not
	refused bool
}

// shape is a theory without its number: how many may pass is averaged over.
type shape struct {
	kind Kind
	per  float64 // the length of a window; of a bucket, the time in which it gets one; in seconds
	near bool    // answers tell when requests came there, so that little is left to the slack
}

// nearly is the part of the slack that is left where answers tell when requests came there.
const nearly = 1.0 / 8

// theory is a shape with the numbers that fit it.
type theory struct {
	shape
	fine   bool    // it is between two that are always weighed
	log    float64 // its weight, a logarithm
	weight float64 // of all theories' together
	n      int     // how many may pass in a window, or at once
}

// rate is how many a second pass in the long run.
func (t theory) rate() float64 {
	if t.kind == Bucket {
		return 1 / t.per
	}
	return float64(t.n) / t.per
}

// usage is what a shape says was used up before a request: between low and high, as nobody knows to the moment when it came
// there. The request is refused where as many as low, or fewer, may pass.
type usage struct{ low, high int }

// usages are those of all entries, and when the shape lets one pass after the last if as many may pass as were used up then.
func (s shape) usages(all []entry, slack float64, into []usage) []usage {
	into = into[:0]
	switch s.kind {
	case Rolling:
		return s.rolling(all, slack, into)
	case Fixed:
		return s.fixed(all, slack, into)
	default:
		return s.bucket(all, slack, into)
	}
}

func (s shape) rolling(all []entry, slack float64, into []usage) []usage {
	early, late := 0, 0 // where the windows begin that are longer and shorter by the slack
	high, low := 0, 0
	for i, e := range all {
		for ; early < i && all[early].at <= e.at-s.per-slack; early++ {
			high -= passed(all[early])
		}
		for ; late < i && all[late].at <= e.at-s.per+slack; late++ {
			low -= passed(all[late])
		}
		into = append(into, usage{low, high})
		high += passed(e)
		low += passed(e)
	}
	return into
}

func passed(e entry) int {
	if e.refused {
		return 0
	}
	return 1
}

func (s shape) fixed(all []entry, slack float64, into []usage) []usage {
	slack += min(s.per/20, clocks)
	window, used, before := math.Inf(-1), 0, 0
	first, last := 0, 0 // of those that passed, how many may belong to the window before, and to the one after
	lastBefore := 0
	for _, e := range all {
		begins := math.Floor(e.at/s.per) * s.per
		if begins != window {
			before, lastBefore = used, last
			if begins != window+s.per {
				before, lastBefore = 0, 0
			}
			window, used, first, last = begins, 0, 0, 0
		}
		u := usage{used - first, used + lastBefore}
		into0, left := e.at-window, window+s.per-e.at
		if into0 < slack {
			u.high = max(u.high, before)
		}
		if left < slack {
			u.low = 0
		}
		into = append(into, u)
		if !e.refused {
			used++
			if into0 < slack {
				first++
			}
			if left < slack {
				last++
			}
		}
	}
	return into
}

// came is when a request came to the server.
func (s shape) came(e entry) float64 {
	if s.near {
		return e.at + e.late
	}
	return e.at
}

// clocks is how far the server's clock may be from ours, in seconds.
const clocks = 0.25

func (s shape) bucket(all []entry, slack float64, into []usage) []usage {
	if s.near {
		slack *= nearly
	}
	level, at := 0.0, math.Inf(-1)
	for _, e := range all {
		came := max(s.came(e), at)
		level -= (came - at) / s.per
		low := max(0, math.Ceil(level-slack/s.per))
		high := max(low, math.Ceil(level+slack/s.per))
		level, at = max(0, level), came
		into = append(into, usage{int(low), int(high)})
		if !e.refused {
			level++
		}
	}
	return into
}

// The prior beliefs about how often a theory that is right is contradicted, as the counts of a beta distribution.
const (
	surprised = 400 // of those that it lets pass, one in so many is refused
	forgiven  = 40  // of those that it refuses, one in so many passes
	undecided = 9   // of those where it cannot tell, one in so many is refused
	byChance  = 15  // of all, where chance refuses
)

// logs are the logarithms of factorials. They are made when somebody is refused: most programs never need them.
var logs = sync.OnceValue(func() *[1 << 14]float64 {
	var table [1 << 14]float64
	for i := range table {
		table[i], _ = math.Lgamma(float64(i + 1))
	}
	return &table
})

// logOf is the logarithm of a number above 0.
func logOf(n int) float64 { return logFactorial(n) - logFactorial(n-1) }

func logFactorial(n int) float64 {
	if table := logs(); n < len(table) {
		return table[n]
	}
	v, _ := math.Lgamma(float64(n + 1))
	return v
}

// seldom is the likelihood, a logarithm, that something of which one in about so many is expected was seen so often among
// others: that of a beta distribution with 1 and one-1, averaged over.
func seldom(one, seen, others int) float64 {
	b := one - 1
	return logFactorial(b) - logFactorial(b-1) + logFactorial(seen) + logFactorial(others+b-1) - logFactorial(seen+others+b)
}

// hopeless is by how much, as a logarithm, a number may explain things worse than another and still be weighed.
const hopeless = 15

// scratch is memory that is used again.
type scratch struct {
	uses  []usage
	tally []tally
}

// tally is what happened where so many may pass, less what happened where one fewer may.
type tally struct {
	passedWrong, refusedRight   int // where it refuses
	passedEither, refusedEither int // where it cannot tell
	passedRight, refusedWrong   int // where it lets pass
}

func (t *tally) add(o tally) {
	t.passedWrong += o.passedWrong
	t.refusedRight += o.refusedRight
	t.passedEither += o.passedEither
	t.refusedEither += o.refusedEither
	t.passedRight += o.passedRight
	t.refusedWrong += o.refusedWrong
}

func (t *tally) log() float64 {
	return seldom(forgiven, t.passedWrong, t.refusedRight) + seldom(undecided, t.refusedEither, t.passedEither) +
		seldom(surprised, t.refusedWrong, t.passedRight)
}

// weigh is the theory that a shape makes of the entries from one on, where those before it only use something up; its number
// is the likeliest, its weight that of all numbers.
func (s shape) weigh(all []entry, from int, slack float64, mem *scratch) theory {
	mem.uses = s.usages(all, slack, mem.uses)
	most := 0
	for _, u := range mem.uses[from:] {
		most = max(most, u.high)
	}
	mem.tally = slices.Grow(mem.tally[:0], most+2)[:most+2]
	clear(mem.tally)
	for i, u := range mem.uses[from:] {
		e := all[from+i]
		first, second, third := &mem.tally[0], &mem.tally[u.low+1], &mem.tally[u.high+1]
		if e.refused {
			first.refusedRight++
			second.refusedRight--
			second.refusedEither++
			third.refusedEither--
			third.refusedWrong++
		} else {
			first.passedWrong++
			second.passedWrong--
			second.passedEither++
			third.passedEither--
			third.passedRight++
		}
	}
	t := theory{shape: s}
	best, weight, unchanged := math.Inf(-1), 0.0, tally{}
	sum := mem.tally[0]
	for n := 1; n <= most+1; {
		sum.add(mem.tally[n])
		first := n
		for n++; n <= most && mem.tally[n] == unchanged; n++ {
		}
		// As likely to be of any order of magnitude, or more than was ever tried.
		spread := (logOf(n) - logOf(first)) / 12
		if first > most {
			spread = 0.2
		}
		switch fit := sum.log(); {
		case fit > best:
			weight = weight*math.Exp(best-fit) + spread
			best, t.n = fit, first
		case fit > best-hopeless:
			weight += spread * math.Exp(fit-best)
		}
	}
	t.log = best + math.Log(weight)
	return t
}

func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// mismatch is what a refusal costs a theory, as a logarithm, if it asks for another wait than the theory needs; no theory
// loses more by that than mismatched.
const mismatch, mismatched = -1.5, -9

// asked is what the waits that were asked for say of a theory. They are whole seconds, rounded up.
func (t theory) asked(all []entry, from int) (log float64) {
	level, at := 0.0, math.Inf(-1) // of a bucket
	for i, e := range all {
		if t.kind == Bucket && !e.refused {
			level, at = max(0, level-(e.at-at)/t.per)+1, e.at
		}
		if i < from || e.asked <= 0 {
			continue
		}
		var needs float64
		if t.kind == Bucket {
			needs = max(0, at+(level-float64(t.n-1))*t.per-e.at)
		} else {
			needs = t.open(all[:i+1], t.n, e.at) - e.at
		}
		if needs > e.asked+0.5 || needs < e.asked-1.5 {
			log += mismatch
		}
		if log <= mismatched {
			break
		}
	}
	return log
}

// open is when a theory lets the next one pass, from now on.
func (s shape) open(all []entry, n int, now float64) float64 {
	switch s.kind {
	case Fixed:
		begins := math.Floor(now/s.per) * s.per
		used := 0
		for i := len(all) - 1; i >= 0 && all[i].at >= begins; i-- {
			used += passed(all[i])
		}
		if used < n && !full(all, used, n) {
			return now
		}
		return begins + s.per
	case Rolling:
		return s.openRolling(all, n, now)
	case Bucket:
		level, at := 0.0, math.Inf(-1)
		for _, e := range all {
			if !e.refused {
				level, at = max(0, level-(e.at-at)/s.per)+1, e.at
			}
		}
		return max(now, at+(level-float64(n-1))*s.per)
	default:
		return now
	}
}

// openRolling is when a window that rolls lets the next one pass.
func (s shape) openRolling(all []entry, n int, now float64) float64 {
	used, oldest := 0, now-s.per
	for i := len(all) - 1; i >= 0 && all[i].at > now-s.per; i-- {
		if all[i].refused {
			continue
		}
		if used, oldest = used+1, all[i].at; used == n {
			return oldest + s.per
		}
	}
	if full(all, used, n) {
		return oldest + s.per
	}
	return now
}

// full reports whether a window is full in which nearly as many passed as may: the last was refused. Those that came just at
// its ends were counted elsewhere.
func full(all []entry, used, n int) bool {
	return len(all) > 0 && all[len(all)-1].refused && used*10 >= n*9
}
