package client

import (
	"fmt"
	"io"
	"log/slog"
)

const masked = "***"

// Secret holds a text that must never be printed. Every verb of fmt, JSON, slog and
// zerolog show "***", also from inside another struct; only Reveal gives the text.
type Secret struct {
	// A pointer, because fmt cannot call methods on unexported fields of other
	// structs: there it prints an address and not the text.
	text *string
}

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{text: &text} }

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no text.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String returns "***".
func (Secret) String() string { return masked }

// GoString returns "***".
func (Secret) GoString() string { return masked }

// Format prints "***" whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// MarshalText returns "***".
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// MarshalJSON returns "***" as a JSON string.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }

// LogValue shows "***" in log/slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }
