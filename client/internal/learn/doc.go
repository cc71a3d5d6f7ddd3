// Package learn is a search for the limit of a server, by what it lets pass and what it refuses. It is pure: it is told what
// became of requests and when, and says at what pace, and how soon, the next may leave. It knows neither a clock nor the wire.
//
// Each theory of the limit (so many in a window that rolls or begins on the clock, a bucket that fills evenly, refusals by
// chance) gives what happened a likelihood. A theory that explains everything is worth little: its free parameters are
// averaged over and not fitted, and where it does not commit itself it counts as much as chance does.
package learn
