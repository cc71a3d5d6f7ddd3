package client

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/bulknum/bulknum/client/internal/mask"
)

// OrderState is what an order's status word means.
type OrderState int

// The states. Only complete and failed orders have ended.
const (
	OrderPending     OrderState = iota // still going
	OrderComplete                      // applied
	OrderFailed                        // not applied, and never will be
	OrderNeedsPerson                   // waits for somebody to correct something
	OrderUnknown                       // a word that is not known: it may still become anything
)

// orderStates is the meaning of every word that the API's pages show, without case and spaces.
var orderStates = map[string]OrderState{
	"complete":  OrderComplete,
	"completed": OrderComplete,

	"failed":    OrderFailed,
	"error":     OrderFailed, // why is in OrderStatusMessage
	"rejected":  OrderFailed, // by the carrier
	"cancelled": OrderFailed,
	"canceled":  OrderFailed,

	"submitted":              OrderPending,
	"pending":                OrderPending,
	"processing":             OrderPending,
	"inprogress":             OrderPending,
	"scheduled":              OrderPending,
	"pendingcarrierapproval": OrderPending,

	"resolutionrequired": OrderNeedsPerson,
}

// StateOf reads an UpdateOrderStatus or OrderStatus, whatever its case and the spaces in it.
func StateOf(status string) OrderState {
	word := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, status)
	if state, known := orderStates[word]; known {
		return state
	}
	return OrderUnknown
}

// Ended reports whether the order will not change any more.
func (s OrderState) Ended() bool { return s == OrderComplete || s == OrderFailed }

// String returns "pending", "complete", "failed", "needs a person" or "unknown".
func (s OrderState) String() string {
	switch s {
	case OrderComplete:
		return "complete"
	case OrderFailed:
		return "failed"
	case OrderNeedsPerson:
		return "needs a person"
	case OrderUnknown:
		return "unknown"
	default:
		return "pending"
	}
}

// State says whether the order of the update is done.
func (a UpdateAnswer) State() OrderState {
	state := StateOf(a.UpdateOrderStatus)
	if state == OrderComplete && accepts(a.HTTPStatus) {
		return OrderPending
	}
	return state
}

// State says whether the order is done.
func (o Order) State() OrderState { return StateOf(o.OrderStatus) }

// OrderRemark is what there is to say about the order of the update, in one line; "" when it goes its way.
func (a UpdateAnswer) OrderRemark() string {
	return orderRemark(a.UpdateOrderStatus, a.OrderStatusMessage)
}

// Remark is what there is to say about the order, in one line; "" when it goes its way.
func (o Order) Remark() string { return orderRemark(o.OrderStatus, o.OrderStatusMessage) }

func orderRemark(status, message string) string {
	var text string
	switch state := StateOf(status); {
	case state == OrderNeedsPerson:
		text = fmt.Sprintf("the order is %s: it waits for a person to correct something", status)
	case state == OrderUnknown && status == "":
		text = "the status of the order is not told"
	case state == OrderUnknown:
		text = fmt.Sprintf("the order is %q, which is no known status", status)
	case state == OrderFailed, state == OrderPending && message != "":
		text = "the order is " + status
	default:
		return ""
	}
	if message != "" {
		text += ": " + message
	}
	return mask.Cut(text)
}
