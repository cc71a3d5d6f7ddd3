// Package gate is where the requests of an account leave one by one: at a rate (its default and its
// forms are here), not while somebody holds them, and not before the server allows.
package gate
