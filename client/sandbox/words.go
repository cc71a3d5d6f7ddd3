package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// The order statuses that mean something to the sandbox. Any other word is an order that is still under way.
const (
	statusComplete           = "Complete"
	statusCompleted          = "Completed"
	statusFailed             = "Failed"
	statusError              = "Error"
	statusRejected           = "Rejected"
	statusCancelled          = "Cancelled"
	statusResolutionRequired = "ResolutionRequired"
)

// The API's enumerations, in the spelling of the update page.
const (
	typeA2P    = "a2p"
	typeP2P    = "p2p"
	classMVNO  = "MVNO"
	classIoT   = "IoT"
	active     = "Active"
	inactive   = "Inactive"
	mobileType = "Mobile"
	localType  = "Local"
)

func messageTypes() []string    { return []string{typeA2P, typeP2P} }
func classifications() []string { return []string{classMVNO, classIoT} }
func productTypes() []string    { return []string{"Sms-Only", "Data-Only", "Sms+Data", "Sms+Data+Voice"} }

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

// or returns v, or def when v is its type's zero value.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
