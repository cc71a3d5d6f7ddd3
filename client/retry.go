package client

import "time"

const (
	backoffFirst  = time.Second
	backoffMax    = 30 * time.Second
	throttleFirst = 2 * time.Second
	throttleMax   = time.Minute
)

// shouldRetry decides whether a failed call is tried again, after so many attempts that count.
func shouldRetry(f *Error, used, maxAttempts int) bool {
	return f.retry && (f.free || used < maxAttempts)
}

// backoff is the wait after the n-th failed attempt, counted from 1: full jitter,
// that is anything from nothing to an exponentially growing bound. jitter is in [0,1).
func backoff(n int, jitter float64) time.Duration {
	return time.Duration(jitter * float64(doubled(backoffFirst, n, backoffMax)))
}

// throttleWait is the wait after the n-th 429 in a row that did not say how long: 2 s doubling
// to a minute, and up to a quarter more, so that two clients of one account drift apart.
func throttleWait(n int, jitter float64) time.Duration {
	wait := doubled(throttleFirst, n, throttleMax)
	return wait + time.Duration(jitter*float64(wait)/4)
}

// doubled returns first * 2^(n-1), at most limit.
func doubled(first time.Duration, n int, limit time.Duration) time.Duration {
	for ; n > 1 && first < limit; n-- {
		first *= 2
	}
	return min(first, limit)
}
