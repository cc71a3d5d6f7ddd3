// Package secret has texts that must never be printed.
package secret

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/bulknum/bulknum/client/internal/mask"
)

// Secret holds a text that must never be printed. Every verb of fmt, JSON, slog and
// zerolog show "***", also from inside another struct; only Reveal gives the text.
type Secret struct {
	// A pointer, because fmt cannot call methods on unexported fields of other
	// structs: there it prints an address and not the text.
	text *string
}

// New hides a text.
func New(text string) Secret { return Secret{text: &text} }

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
func (Secret) String() string { return mask.Hidden }

// GoString returns "***".
func (Secret) GoString() string { return mask.Hidden }

// Format prints "***" whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask.Hidden) }

// MarshalText returns "***".
func (Secret) MarshalText() ([]byte, error) { return []byte(mask.Hidden), nil }

// MarshalJSON returns "***" as a JSON string.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + mask.Hidden + `"`), nil }

// LogValue shows "***" in log/slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(mask.Hidden) }
