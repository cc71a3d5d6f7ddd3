// Package gate is where the requests of an account leave one by one: at a rate, not while somebody holds them, and not
// before the server allows.
package gate
