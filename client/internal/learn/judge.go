package learn

import (
	"cmp"
	"math"
	"slices"
)

// verdict is what is thought of the limit after some entries.
type verdict struct {
	theories []theory // the likeliest first; without chance
	chance   float64  // how likely it is that the pace does not matter
}

// judge weighs all theories by the entries from one on. beliefs are what was thought of a shape before; nil: nothing was.
func judge(all []entry, from int, slack float64, beliefs map[shape]float64, among []shape, mem *scratch) verdict {
	var theories []theory
	for _, s := range among {
		t := s.weigh(all, from, slack, mem)
		t.log += prior(s, beliefs)
		theories = append(theories, t)
	}
	for _, s := range slices.Concat(fitting(all[from:]), finer(theories), nearer(theories, slack), believed(beliefs)) {
		t := s.weigh(all, from, slack, mem)
		t.log += prior(s, beliefs) - math.Log(2*finest)
		t.fine = true
		theories = append(theories, t)
	}
	heed(theories, all, from)
	refused, let := 0, 0
	for _, e := range all[from:] {
		refused += 1 - passed(e)
		let += passed(e)
	}
	chance := prior(shape{kind: Chance}, beliefs) + seldom(byChance, refused, let)
	sum := chance
	for _, t := range theories {
		sum = logAdd(sum, t.log)
	}
	for i := range theories {
		theories[i].weight = math.Exp(theories[i].log - sum)
	}
	slices.SortFunc(theories, func(a, b theory) int { return cmp.Compare(b.weight, a.weight) })
	return verdict{theories, math.Exp(chance - sum)}
}

// heed weighs what refusals asked for, where it can make a difference.
func heed(theories []theory, all []entry, from int) {
	best := math.Inf(-1)
	for _, t := range theories {
		best = max(best, t.log)
	}
	for i, t := range theories {
		if t.log > best+mismatched-hopeless {
			theories[i].log += t.asked(all, from)
		}
	}
}

// fitting are buckets that refill as those between refusals do: they are full at each, so that between two of them about as
// many passed as they got.
func fitting(all []entry) (list []shape) {
	last, after := -1, 0 // the last that was refused, and how many passed after the one that is looked at
	most := 0            // that passed after the one that was taken last
	for i, e := range slices.Backward(all) {
		after += passed(e)
		switch {
		case !e.refused:
		case last < 0:
			last, after = i, 0
		case after > most: // the next one is about twice as far away
			most = max(2*after, 3)
			for _, n := range []float64{-0.5, 0, 0.5, 1} {
				if n += float64(after); all[last].at > e.at {
					list = append(list, shape{kind: Bucket, per: (all[last].at - e.at) / n})
				}
			}
		}
	}
	return list
}

// finest is into how many parts the step from one refill of a bucket to the next is divided, near the likeliest.
const finest = 8

// nearer are buckets of one or two, by when requests came there and not by when they were sent: about as fast as the
// likeliest one.
func nearer(theories []theory, slack float64) (list []shape) {
	t, ok := likeliest(theories)
	if !ok || float64(t.n-1)*t.per > 2*slack && t.n > strictly {
		return nil
	}
	const steps = 24
	first, last := t.per*0.97, t.per+2*min(slack, t.per/4)
	for k := range steps {
		list = append(list, shape{kind: Bucket, per: first + (last-first)*float64(k)/(steps-1), near: true})
	}
	return list
}

// believed are those of them that were likely before.
func believed(beliefs map[shape]float64) (list []shape) {
	const likely = 0.01
	for s, weight := range beliefs {
		if s.near && weight > likely {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b shape) int { return cmp.Compare(a.per, b.per) })
	return list
}

// likeliest is the bucket that is.
func likeliest(theories []theory) (best theory, ok bool) {
	for _, t := range theories {
		if t.kind == Bucket && (!ok || t.log > best.log) {
			best, ok = t, true
		}
	}
	return best, ok
}

// finer are buckets that refill nearly as the likeliest one does.
func finer(theories []theory) (list []shape) {
	best, ok := likeliest(theories)
	if !ok {
		return nil
	}
	for k := 1 - finest; k < finest; k++ {
		if s := (shape{kind: Bucket, per: best.per * math.Pow(refillStep, float64(k)/finest)}); k != 0 {
			list = append(list, s)
		}
	}
	return list
}

// alive are the shapes that are not out of the question, and those buckets about which the likeliest of all are: finer ones,
// which are made anew each time.
func (v verdict) alive() (list []shape) {
	const dead = 1e-6
	most := 0.0 // of a bucket
	for _, t := range v.theories {
		if t.fine {
			continue
		}
		if t.kind == Bucket {
			most = max(most, t.weight)
		}
		if t.weight > dead || t.kind == Bucket && t.weight > dead*most {
			list = append(list, t.shape)
		}
	}
	return list
}

// shapes are the theories that are worth weighing: the windows, and of the buckets those that refill about as fast as
// requests came.
func shapes(all []entry, from int) (list []shape) {
	for _, w := range windows {
		list = append(list, shape{kind: Rolling, per: w.seconds}, shape{kind: Fixed, per: w.seconds})
	}
	fastest, passes := math.Inf(1), 0
	for i := from; i < len(all); i++ {
		passes += passed(all[i])
		const few = 4
		if i >= from+few {
			fastest = min(fastest, (all[i].at-all[i-few].at)/few)
		} else if i > from {
			fastest = min(fastest, max(all[i].at-all[i-1].at, 1e-4))
		}
	}
	if passes == 0 || math.IsInf(fastest, 1) {
		return list
	}
	slowest := max(1, all[len(all)-1].at-all[from].at) / float64(passes) * 3
	const step = 0.00995033 // the logarithm of refillStep
	first, last := math.Floor(math.Log(max(fastest, 1e-4)*0.8)/step), math.Ceil(math.Log(slowest)/step)
	stride := max(1, math.Ceil((last-first)/400))
	for k := first; k <= last; k += stride {
		list = append(list, shape{kind: Bucket, per: math.Exp(k * step)})
	}
	return list
}

// prior is what is thought of a shape before the entries, as a logarithm. Buckets refill in any time, which is as likely to
// be of one order of magnitude as of another.
func prior(s shape, beliefs map[shape]float64) float64 {
	p := kinds[s.kind]
	switch s.kind {
	case Rolling, Fixed:
		for _, w := range windows {
			if w.seconds == s.per {
				p *= w.prior
			}
		}
	case Bucket:
		p /= 400
	}
	if beliefs != nil {
		p = 0.2*p + 0.8*beliefs[s]
	}
	return math.Log(p)
}

// kind is the likeliest kind, and how likely it is.
func (v verdict) kind() (Kind, float64) {
	sums := map[Kind]float64{Chance: v.chance}
	for _, t := range v.theories {
		sums[t.kind] += t.weight
	}
	best := Chance
	for _, k := range []Kind{Rolling, Fixed, Bucket} {
		if sums[k] > sums[best] {
			best = k
		}
	}
	return best, sums[best]
}

// settled reports whether it is known what there is to wait for: a bucket, or a window of a certain length, whether that
// rolls or begins on the clock.
func (v verdict) settled() bool {
	if len(v.theories) == 0 {
		return false
	}
	best, sum := v.theories[0], 0.0
	for _, t := range v.theories {
		if t.kind == Bucket && best.kind == Bucket || t.kind != Bucket && best.kind != Bucket && t.per == best.per {
			sum += t.weight
		}
	}
	return sum > 0.9
}

// best is the likeliest theory of a kind.
func (v verdict) best(k Kind) (theory, bool) {
	i := slices.IndexFunc(v.theories, func(t theory) bool { return t.kind == k })
	if i < 0 {
		return theory{}, false
	}
	return v.theories[i], true
}

// rate is the pace, in requests a second, that is too fast as likely as is said. Where it is up to chance it is the one
// given.
func (v verdict) rate(likely, otherwise float64) float64 {
	return v.quantile(likely, otherwise, func(t theory) float64 { return min(otherwise, t.rate()) })
}

// horizon is how many requests are thought to be left.
const horizon = 2_500

// quickest is the pace at which the requests that are left take the least time, as far as is known: one that is too fast
// costs the price of a refusal before the right one is found, and one that is too slow makes all of them late.
func (v verdict) quickest(otherwise, price float64) float64 {
	rates := v.said(otherwise, func(t theory) float64 { return min(otherwise, t.rate()) })
	left, lost := 0.0, 0.0 // the weight of what is as fast at least, and the time that the others cost
	for _, r := range rates {
		left += r.weight
	}
	pace, least := otherwise, math.Inf(1)
	for _, r := range rates {
		if took := lost + left*horizon/r.value; took < least {
			pace, least = r.value, took
		}
		left -= r.weight
		lost += r.weight * (price + horizon/r.value)
	}
	return pace
}

// opens is when it is as likely as is said that one is let pass again.
func (v verdict) opens(all []entry, now, likely float64) float64 {
	return v.quantile(likely, now, func(t theory) float64 { return t.open(all, t.n, now) })
}

// negligible is a weight that changes nothing that is asked of all theories together.
const negligible = 1e-4

// opinion is what a theory says of something, and its weight.
type opinion struct{ value, weight float64 }

// said is what all theories say, the lowest first.
func (v verdict) said(byChance float64, of func(theory) float64) []opinion {
	all := []opinion{{byChance, v.chance}}
	for _, t := range v.theories {
		if t.weight < negligible {
			break
		}
		all = append(all, opinion{of(t), t.weight})
	}
	slices.SortFunc(all, func(a, b opinion) int { return cmp.Compare(a.value, b.value) })
	return all
}

// quantile is what the theories say that have so much of the weight together, from the lowest on.
func (v verdict) quantile(q, byChance float64, of func(theory) float64) float64 {
	all := v.said(byChance, of)
	sum := 0.0
	for _, s := range all {
		if sum += s.weight; sum >= q {
			return s.value
		}
	}
	return all[len(all)-1].value
}
