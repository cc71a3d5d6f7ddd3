package learn

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// periods are the lengths that windows have.
var periods = []time.Duration{time.Second, 10 * time.Second, time.Minute, time.Hour}

// theory is one way in which the server may count, with what follows from it.
type theory struct {
	Kind   Kind
	Period time.Duration // of a window
	// rate is the limit in requests a second, limit the number at which it refuses, and cost how badly the theory
	// agrees with what happened: 0 is perfect.
	rate, limit, cost float64
	// least and most bound the rate: what agrees about as well.
	least, most float64
	// opens is when the next request is accepted, in seconds since the learner began, once it has refused one.
	opens float64
}

// bucketFree is what speaks against a bucket from the beginning: its rate can be any, that of a window cannot. hourFree
// is that of a window of an hour, which agrees with whatever comes first. So does a bucket of so many tokens.
const (
	bucketFree  = 1.5
	bucketLarge = 60.0
	hourFree    = 1.5
)

// mostAgainst is what one trial can speak against a theory at most.
const mostAgainst = 8

// rival is how much worse a theory agrees that may still be the true one.
const rival = 4

// clocks is what a judgement has to know of time, in seconds.
type clocks struct {
	zero float64 // our 0 by the server's clock
	late float64 // by how much that may be wrong
	fuzz float64 // by how much a request may need more on its way than another one
}

// judge tries every theory on what happened, the best first. from and to bound the rate of a bucket.
func judge(h *history, from, to float64, c clocks) []theory {
	j := judgement{history: h, clocks: c, low: make([]float64, len(h.trials)), high: make([]float64, len(h.trials))}
	for _, period := range periods {
		j.rolling(period)
		j.fixed(period)
	}
	j.bucket(from, to)
	slices.SortStableFunc(j.theories, func(a, b theory) int { return cmp.Compare(a.cost, b.cost) })
	return j.theories
}

// judgement is one in the making.
type judgement struct {
	*history
	clocks
	low, high []float64 // the least and the most that may be counted before each trial
	theories  []theory
}

// rolling counts, before each trial, the requests that were accepted in the period that ends with it.
func (j *judgement) rolling(period time.Duration) {
	t, p := theory{Kind: Rolling, Period: period}, period.Seconds()
	within(j.trials, j.low, func(t trial) float64 { return t.at - p + j.fuzz })
	within(j.trials, j.high, func(t trial) float64 { return t.at - p - j.fuzz })
	if j.fit(&t); t.limit < 1 || math.IsInf(t.limit, 1) {
		return
	}
	t.opens = j.trials[len(j.trials)-1].at
	over := t.opens - p
	in := j.accepted(over - j.fuzz)
	for _, trial := range j.trials {
		if trial.at > over-j.fuzz && !trial.refused {
			if in--; in < int(t.limit) {
				t.opens = trial.at + p + j.fuzz
				break
			}
		}
	}
	j.add(t, t.limit/p)
}

// fixed counts, before each trial, the requests that were accepted in its window.
func (j *judgement) fixed(period time.Duration) {
	t, p, fuzz := theory{Kind: Fixed, Period: period}, period.Seconds(), j.late+j.fuzz
	start := func(at float64) float64 { return math.Floor((at+j.zero)/p)*p - j.zero }
	within(j.trials, j.low, func(t trial) float64 { return start(t.at+fuzz) + fuzz })
	within(j.trials, j.high, func(t trial) float64 { return start(t.at-fuzz) - fuzz })
	if j.fit(&t); t.limit < 1 || math.IsInf(t.limit, 1) {
		return
	}
	t.opens = start(j.trials[len(j.trials)-1].at) + p + fuzz
	j.add(t, t.limit/p)
}

// within counts, before each trial, what was accepted after the time that since gives, which never falls.
func within(trials []trial, counts []float64, since func(trial) float64) {
	first, n := 0, 0
	for i, t := range trials {
		for from := since(t); first < i && trials[first].at < from; first++ {
			if !trials[first].refused {
				n--
			}
		}
		counts[i] = float64(max(n, 0))
		if !t.refused {
			n++
		}
	}
}

// bucket adds the bucket that agrees best: its rate is among what passed between refusals, and between from and to. Of
// those that agree as well it is the slowest.
func (j *judgement) bucket(from, to float64) {
	const coarse, fine = 24, 12
	step := math.Pow(to/from, 1./coarse)
	var all []theory
	for rate := from; rate < to*step; rate *= step {
		all = append(all, j.bucketOf(rate))
	}
	for _, rate := range between(j.trials) {
		all = append(all, j.bucketOf(rate))
	}
	byCost := func(a, b theory) int { return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.rate, b.rate)) }
	for range 2 { // where much was accepted, a small part of the rate is many tokens
		step = math.Pow(step, 1./fine)
		for near, i := slices.MinFunc(all, byCost).rate, -fine; i <= fine; i++ {
			all = append(all, j.bucketOf(near*math.Pow(step, float64(i))))
		}
	}
	best := slices.MinFunc(all, byCost)
	best.least, best.most = best.rate, best.rate
	for _, t := range all {
		if t.cost <= best.cost+1 {
			best.least, best.most = min(best.least, t.rate), max(best.most, t.rate)
		}
	}
	j.theories = append(j.theories, best)
}

// bucketOf counts, before each trial, the tokens that are missing in a bucket to which so many come back in a second.
func (j *judgement) bucketOf(rate float64) theory {
	t := theory{Kind: Bucket, rate: rate}
	missing, at := 0.0, j.trials[0].at
	for i, trial := range j.trials {
		missing -= rate * (trial.at - at)
		at = trial.at
		j.low[i], j.high[i] = max(0, missing-rate*j.fuzz), missing+rate*j.fuzz
		if missing = max(0, missing); !trial.refused {
			missing++
		}
	}
	j.fit(&t)
	t.opens = at + max(0, missing-max(t.limit, 0)+1)/rate + j.fuzz
	t.cost += bucketFree + (t.limit/bucketLarge)*(t.limit/bucketLarge)
	return t
}

// add adds a theory of a window.
func (j *judgement) add(t theory, rate float64) {
	t.rate, t.least, t.most = rate, rate, rate
	if t.Period == time.Hour {
		t.cost += hourFree
	}
	j.theories = append(j.theories, t)
}

// fit finds the limit which tells best what was accepted from what was refused, and what speaks against it.
func (j *judgement) fit(t *theory) {
	var at []float64
	for i, trial := range j.trials {
		if trial.refused && !j.young(t, trial) {
			at = append(at, j.high[i], j.low[i])
		}
	}
	t.limit, t.cost = math.Inf(1), math.Inf(1)
	slices.Sort(at)
	candidates := slices.Compact([]float64{quantile(at, 0), quantile(at, 0.25), quantile(at, 0.5), quantile(at, 0.75), quantile(at, 1)})
	for _, limit := range candidates {
		if cost := j.against(t, limit); cost < t.cost {
			t.limit, t.cost = limit, cost
		}
	}
}

// young reports whether the count of a trial is too low, because what was before it is forgotten.
func (j *judgement) young(t *theory, of trial) bool {
	return j.forgot && of.at < j.trials[0].at+t.Period.Seconds()
}

// quantile is that of sorted values.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.Inf(1)
	}
	return sorted[int(q*float64(len(sorted)-1))]
}

// against is what speaks against a limit. The count of who is accepted by a window is a whole one below it. A bucket that
// is full refuses nobody.
func (j *judgement) against(t *theory, limit float64) (cost float64) {
	if math.IsInf(limit, 1) {
		return limit
	}
	step, sigma := 1.0, 0.35
	if t.Kind == Bucket {
		step, sigma = 0, 0.15
	}
	for i, trial := range j.trials {
		off := j.low[i] - limit
		switch {
		case !trial.refused:
			off += step
		case j.young(t, trial):
			continue
		case j.high[i] < limit:
			off = limit - j.high[i]
		case t.Kind == Bucket && j.high[i] <= 0:
			off = 1
		case t.Kind == Bucket && j.high[i] <= t.rate*j.fuzz: // it came too early for its distance
			off = sigma
		case t.Kind == Bucket:
			off-- // it refuses from the moment when less than a token is left
		}
		if off > 0 {
			cost += min(off*off/(2*sigma*sigma), mostAgainst)
		}
	}
	return cost
}

// between is what was accepted in a second between any two of the latest refusals.
func between(trials []trial) (rates []float64) {
	type mark struct {
		at float64
		n  int
	}
	var marks []mark
	n := 0
	for _, t := range trials {
		if t.refused {
			marks = append(marks, mark{t.at, n})
		} else {
			n++
		}
	}
	if len(marks) > 7 {
		marks = marks[len(marks)-7:]
	}
	for i, a := range marks {
		for _, b := range marks[i+1:] {
			if b.n > a.n+1 && b.at > a.at {
				rates = append(rates, float64(b.n-a.n)/(b.at-a.at))
			}
		}
	}
	return rates
}
