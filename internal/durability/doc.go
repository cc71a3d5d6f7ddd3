// Package durability has the tests of what is left when the power goes, when the
// disk is full, and after a year of nights. It has no code of its own.
package durability
