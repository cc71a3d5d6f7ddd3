package result

// VerifyStatus is what a number was found to be after its row was sent.
type VerifyStatus string

const (
	// AsAsked has every field that was sent as it was asked for.
	AsAsked VerifyStatus = "as_asked"
	// Drifted has another value by now.
	Drifted VerifyStatus = "drifted"
	// Unreadable could not be read, or the API does not show what was sent.
	Unreadable VerifyStatus = "unreadable"
)

// VerifyStatuses returns all states in their usual order.
func VerifyStatuses() []VerifyStatus { return []VerifyStatus{AsAsked, Drifted, Unreadable} }
