//go:build !linux && !darwin && !windows

package cli

// discardInput does nothing where nobody knows how: what was typed and not read yet stays.
func discardInput() {}
