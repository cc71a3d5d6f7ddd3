//go:build !linux

package pgtest

import "syscall"

// attributes are none: here a server outlives tests that are killed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// give gives nothing: here the tests are no root's.
func give(...string) error { return nil }
