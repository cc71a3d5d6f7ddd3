package client

import "strings"

// OrderState is what an order's status word means.
type OrderState int

// The states. Any word that is not known is pending: it may still become either.
const (
	OrderPending OrderState = iota
	OrderComplete
	OrderFailed
)

// String returns "pending", "complete" or "failed".
func (s OrderState) String() string {
	switch s {
	case OrderComplete:
		return "complete"
	case OrderFailed:
		return "failed"
	default:
		return "pending"
	}
}

// StateOf reads an UpdateOrderStatus or OrderStatus, in any case. The API's pages show
// Submitted, Pending, Processing, Complete, Completed, Cancelled and Failed.
func StateOf(status string) OrderState {
	switch strings.ToLower(strings.TrimSpace(status)) {
	case "complete", "completed":
		return OrderComplete
	case "failed", "cancelled", "canceled":
		return OrderFailed
	default:
		return OrderPending
	}
}
