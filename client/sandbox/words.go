package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// parseWord finds s among the allowed words; the error names them all.
func parseWord[T ~string](what, s string, allowed ...T) (T, error) {
	if slices.Contains(allowed, T(s)) {
		return T(s), nil
	}
	words := make([]string, len(allowed))
	for i, w := range allowed {
		words[i] = string(w)
	}
	return "", fmt.Errorf("%s %q: want one of %s", what, s, strings.Join(words, ", "))
}
