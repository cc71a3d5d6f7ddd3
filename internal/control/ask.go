package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
)

// ErrNobody is that a run's folder has no socket at which somebody listens.
var ErrNobody = errors.New("nobody listens at the run's socket")

// Ask asks the run in a folder for something and returns where it stands then.
// A refusal of the run is an error too. The answer to a pause may take as long
// as one request of the run; the context ends the asking, and not the pause.
func Ask(ctx context.Context, folder string, r Request) (Answer, error) {
	var a Answer
	socket, err := find(folder)
	if err != nil {
		return a, fmt.Errorf("control socket: %w", err)
	}
	talk, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return a, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	defer talk.Close()
	defer context.AfterFunc(ctx, func() { _ = talk.Close() })()
	r.Version = version
	if err := json.NewEncoder(talk).Encode(r); err != nil {
		return a, fmt.Errorf("control socket: %w", err)
	}
	line, err := bufio.NewReader(talk).ReadBytes('\n')
	switch {
	case ctx.Err() != nil:
		return a, context.Cause(ctx)
	case err != nil:
		return a, fmt.Errorf("the run ended without an answer: %w", err)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return a, fmt.Errorf("the run's answer: %w", err)
	}
	if a.Error != "" {
		return a, errors.New(printable(a.Error))
	}
	return a, nil
}
