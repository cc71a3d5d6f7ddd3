package client

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/client/internal/mask"
	"github.com/bulknum/bulknum/client/internal/written"
)

// OrderState is what an order's status word means.
type OrderState int

// The states. Only complete and failed orders have ended.
const (
	OrderPending     = OrderState(written.Pending)     // still going
	OrderComplete    = OrderState(written.Complete)    // applied
	OrderFailed      = OrderState(written.Failed)      // not applied, and never will be
	OrderNeedsPerson = OrderState(written.NeedsPerson) // waits for somebody to correct something
	OrderUnknown     = OrderState(written.Unknown)     // a word that is not known: it may still become anything
)

// StateOf reads an UpdateOrderStatus or OrderStatus, whatever its case and the spaces in it.
func StateOf(status string) OrderState { return OrderState(written.OrderOf(status)) }

// Ended reports whether the order will not change any more.
func (s OrderState) Ended() bool { return s == OrderComplete || s == OrderFailed }

// MarshalText writes what String returns.
func (s OrderState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote; another text is an error.
func (s *OrderState) UnmarshalText(text []byte) error { return readWord(text, s, OrderUnknown) }

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

// Doubt is what an order says against its state being that of an update of a number, in one line: that it is no update, that it
// is of no or other numbers, or that it is done, but that number is not. It is "" when the order says nothing of the kind; it
// need not say what it is, nor list its numbers.
func (o Order) Doubt(number string) string {
	switch {
	case written.OtherOrder(o.OrderType):
		return fmt.Sprintf("the order is of another kind: %q", o.OrderType)
	case o.Numbers == nil:
		return ""
	case len(o.Numbers) == 0:
		return "the order is about no number"
	}
	i := slices.IndexFunc(o.Numbers, func(n OrderedNumber) bool { return n.Number == withPlus(number) })
	if i < 0 {
		return "the order is about other numbers"
	}
	is := o.Numbers[i].Status
	if o.State() == OrderComplete && (StateOf(is) != OrderComplete && StateOf(is) != OrderUnknown || strings.EqualFold(is, "Not Available")) {
		return fmt.Sprintf("the order is %s, but its number is %q", o.OrderStatus, is)
	}
	return ""
}

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
