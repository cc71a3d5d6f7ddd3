// Package learn finds the limit of a server that nobody knows, from the requests that it accepts and refuses. It is
// pure: time comes in as an argument, it starts nothing and sleeps nowhere.
//
// A server counts in one of three ways: in windows that begin by the clock, in a window that ends now, or in a bucket
// that refills. Each is a number that grows with requests and falls with time, and a request is refused when it is too
// high. So a [Learner] keeps what happened, tries each way of counting on it, and believes the one whose number tells
// best what was accepted from what was refused. From that follow the limit, and when the next request will be accepted
// after a refusal.
package learn
