//go:build !linux && !darwin

package sqlite

// fileSystem trusts all there is: no way to ask is known here.
func fileSystem(string) (name string, trust bool, err error) { return "local", true, nil }
