package cli

import (
	"bufio"
	"context"
	"strings"
)

// keyboard is what a person types, a line an answer. What was typed before a question is no answer to it.
type keyboard struct {
	in *bufio.Reader
	// discard drops what the terminal has of it, as far as nobody has read it.
	discard func()
	// typed brings the line that is waited for; nil: none is. A question that was answered elsewhere leaves it behind.
	typed chan string
}

// newKeyboard is that of the streams.
func newKeyboard(s Streams) *keyboard {
	discard := s.DiscardInput
	if discard == nil {
		discard = func() {}
	}
	return &keyboard{in: bufio.NewReader(s.In), discard: discard}
}

// ready drops what was typed so far, and waits for a line from then on.
func (k *keyboard) ready() {
	k.discard()
	select {
	case <-k.typed:
		k.typed = nil
	default:
	}
	if k.typed != nil {
		return
	}
	_, _ = k.in.Discard(k.in.Buffered())
	typed := make(chan string, 1)
	k.typed = typed
	go func() {
		line, _ := k.in.ReadString('\n') // no line is no answer
		typed <- strings.TrimSpace(line)
	}()
}

// answer is the line that is typed next.
func (k *keyboard) answer(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line := <-k.typed:
		k.typed = nil
		return line, nil
	}
}
