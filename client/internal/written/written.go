// Package written is what is seen of numbers, ids and orders by how they are written.
package written

import (
	"slices"
	"strings"
	"unicode"
)

// ID reports whether a text can be an id.
func ID(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

// Number reports whether a text is a number in E.164, with + or without: up to 15 digits that do not begin with 0.
func Number(text string) bool {
	digits := strings.TrimPrefix(text, "+")
	return len(digits) > 1 && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

// Order is what the word for an order's status means.
type Order int

// The meanings.
const (
	Pending Order = iota
	Complete
	Failed
	NeedsPerson
	Unknown
)

// orders is the meaning of every word that the API's pages show, without case and spaces.
var orders = map[string]Order{
	"complete":  Complete,
	"completed": Complete,

	"failed":    Failed,
	"error":     Failed, // why is in OrderStatusMessage
	"rejected":  Failed, // by the carrier
	"cancelled": Failed,
	"canceled":  Failed,

	"submitted":              Pending,
	"pending":                Pending,
	"processing":             Pending,
	"inprogress":             Pending,
	"scheduled":              Pending,
	"pendingcarrierapproval": Pending,

	"resolutionrequired": NeedsPerson,
}

// OrderOf reads a status, whatever its case and the spaces in it.
func OrderOf(status string) Order {
	if state, known := orders[word(status)]; known {
		return state
	}
	return Unknown
}

// others are the types of orders that the API's pages show, and those that a change of a number's status makes: none is that
// of an update, for which no page has the word.
var others = []string{
	"provision", "newnumber", "portin", "portout", "release",
	"activate", "reactivate", "cancel", "park", "swap", "swapsim", "replace",
}

// OtherOrder reports whether an order of this type is known to be something else than an update, whatever its case and the
// spaces in it.
func OtherOrder(kind string) bool { return slices.Contains(others, word(kind)) }

// word is a word in lower case, without what parts it.
func word(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}
