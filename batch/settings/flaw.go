package settings

// Flaw is something wrong with a value, in words for the person who wrote it.
type Flaw struct {
	// Field is the name of the field, where it is not clear from the call.
	Field string
	// Message says what is wrong, without repeating the value.
	Message string
	// Hint says what to do about it; it may be empty.
	Hint string
	// Warning tells that the value can be used as it is.
	Warning bool
}

func wrong(message, hint string) *Flaw { return &Flaw{Message: message, Hint: hint} }

func doubtful(message, hint string) *Flaw {
	return &Flaw{Message: message, Hint: hint, Warning: true}
}
