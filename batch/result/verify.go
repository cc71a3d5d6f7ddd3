package result

// VerifyStatus is what a number was found to be after its row was sent.
type VerifyStatus string

const (
	// InSync has every field that was sent as it was asked for.
	InSync VerifyStatus = "in_sync"
	// Drifted has another value by now.
	Drifted VerifyStatus = "drifted"
	// Unreadable could not be read, or the API does not show what was sent.
	Unreadable VerifyStatus = "unreadable"
)

// VerifyStatuses returns all states in their usual order.
func VerifyStatuses() []VerifyStatus { return []VerifyStatus{InSync, Drifted, Unreadable} }
