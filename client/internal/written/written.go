// Package written is what is seen of numbers, ids and orders by how they are written.
package written

import (
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
	word := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, status)
	if state, known := orders[word]; known {
		return state
	}
	return Unknown
}
