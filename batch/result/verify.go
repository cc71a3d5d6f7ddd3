package result

// VerifyStatus is what a number was found to be after its row was sent.
type VerifyStatus string

const (
	// InSync has every field that was sent as it was asked for.
	InSync VerifyStatus = "in_sync"
	// Drifted has another value by now.
	Drifted VerifyStatus = "drifted"
	// NotShown has nothing that differs, but the API shows no field of what was sent.
	NotShown VerifyStatus = "not_shown"
	// Unreadable could not be read.
	Unreadable VerifyStatus = "unreadable"
)

// VerifyStatuses returns all states in their usual order.
func VerifyStatuses() []VerifyStatus { return []VerifyStatus{InSync, Drifted, NotShown, Unreadable} }
