package wire

import (
	"bytes"
	"errors"
	"io"
	"time"
)

// ErrLate is a request that was not ready to leave in time.
var ErrLate = errors.New("it was too late to send what was recorded to be sent")

// Body is the body of a request that leaves until a moment; zero: at any time. net/http reads it last, when there is a
// connection and the head has left, with which alone the server does nothing: a process that was stopped before, or had to
// wait for a connection, notices it here. One that leaves at any time is of a kind that net/http writes in one piece with
// the head.
func Body(text []byte, leaves time.Time) io.ReadCloser {
	if leaves.IsZero() {
		return io.NopCloser(bytes.NewReader(text))
	}
	return &body{text: bytes.NewReader(text), leaves: leaves}
}

type body struct {
	text   *bytes.Reader
	leaves time.Time
}

// Read reads it, if it is not too late.
func (b *body) Read(p []byte) (int, error) {
	if past(b.leaves) {
		return 0, ErrLate
	}
	return b.text.Read(p)
}

// Close is of [io.Closer].
func (*body) Close() error { return nil }

// past reports whether a moment is past, by the wall clock or by the other one, which stands still while a machine is
// suspended. The zero time never is.
func past(moment time.Time) bool {
	now := time.Now()
	return !moment.IsZero() && (now.After(moment) || now.Round(0).After(moment.Round(0)))
}

// maxDrain is what is read and thrown away beyond a limit, so that the connection can be used again.
const maxDrain = 256 << 10

// ReadBody reads the body of an answer up to a limit, and past it far enough to keep the connection.
func ReadBody(body io.Reader, limit int64) (text []byte, tooLong bool, err error) {
	text, err = io.ReadAll(io.LimitReader(body, limit))
	if err != nil || int64(len(text)) < limit {
		return text, false, err
	}
	more, err := io.CopyN(io.Discard, body, maxDrain)
	if more > 0 || err == nil {
		return text, true, nil
	}
	if !errors.Is(err, io.EOF) {
		return text, false, err
	}
	return text, false, nil
}
