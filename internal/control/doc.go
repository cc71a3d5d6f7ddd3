// Package control lets people and programs ask a live run for something, through
// a unix socket in the run's folder, or by a file whose being there holds it.
//
// A conversation is one line of JSON each way: a [Request] and its [Answer]. The
// socket is open to the run's owner only. Where the system tells who is at the
// other end, that is who is recorded; elsewhere it is who the request says.
package control
