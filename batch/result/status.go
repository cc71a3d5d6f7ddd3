package result

// Status is what became of a row: one word, the same in code, reports and
// documentation. Every row of the input ends in exactly one.
type Status string

const (
	// Updated is a trustworthy answer whose order is complete; or, after
	// doubt, a number found in sync.
	Updated Status = "updated"
	// Pending is accepted; the order is not complete yet.
	Pending Status = "pending"
	// Unchanged is already in sync; nothing was sent.
	Unchanged Status = "unchanged"
	// Planned would be sent: a dry run only.
	Planned Status = "planned"
	// Failed is not applied: every attempt was refused, or its order failed or
	// was cancelled.
	Failed Status = "failed"
	// Unknown may or may not have been applied: some attempt is doubtful and
	// nothing trustworthy came after it.
	Unknown Status = "unknown"
	// Conflict is a number that was not in the state that was expected;
	// nothing was sent.
	Conflict Status = "conflict"
	// Invalid cannot be sent as written.
	Invalid Status = "invalid"
	// NotAttempted is a row that the run stopped before.
	NotAttempted Status = "not_attempted"
)

// Statuses returns every status, in the order in which reports list them.
func Statuses() []Status {
	return []Status{Updated, Pending, Unchanged, Planned, Failed, Unknown, Conflict, Invalid, NotAttempted}
}

// WantsAttention reports whether someone should look at a row's reason.
func (s Status) WantsAttention() bool {
	return s == Failed || s == Unknown || s == Conflict || s == Invalid
}

// InSync reports whether the number of a row with this status is in sync, or in a
// dry run would be.
func (s Status) InSync() bool { return s == Updated || s == Unchanged || s == Planned }

// MayBeInSync reports whether the number of a row with this status is in
// sync, or may be.
func (s Status) MayBeInSync() bool {
	return s == Updated || s == Unchanged || s == Pending || s == Unknown
}

// MayBeWritten reports whether an update of a row with this status was applied,
// or may have been.
func (s Status) MayBeWritten() bool { return s == Updated || s == Pending || s == Unknown }
