// Package acceptance has the tests of the command as its users meet it: scripts of
// what they type and see, signals, terminals, kills. It has no code of its own.
package acceptance
