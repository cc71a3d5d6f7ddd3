package mask

import "io"

// writer masks each text that is written.
type writer struct {
	to io.Writer
	m  *Masker
}

// NewWriter masks each text that is written, by itself: a value in two pieces would be seen.
func NewWriter(to io.Writer, m *Masker) io.Writer { return writer{to, m} }

// Write writes all of the text, masked, or fails.
func (w writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.to, w.m.Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
