package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
)

const (
	// patience is how long someone at the other end may take to ask, and to take
	// the answer.
	patience = 10 * time.Second
	// farewell is how long answers under way may take when the run has ended.
	farewell = time.Second
	// maxRequest is the longest request, maxTalks how many are served at a time.
	maxRequest = 4 << 10
	maxTalks   = 32
)

// Server serves the socket of one run.
type Server struct {
	folder   string
	control  *control.Control
	listener net.Listener
	ctx      context.Context //nolint:containedctx // that of the requests: it ends with the server
	cancel   context.CancelFunc
	done     sync.WaitGroup

	mu    sync.Mutex
	talks map[net.Conn]struct{}
	over  bool
}

// Serve opens the socket of a run whose folder the caller holds, and answers
// until it is closed. runtime is where the socket goes when the folder's path is
// too long; "": the system's folder for temporary files.
func Serve(folder, runtime string, c *control.Control) (*Server, error) {
	if err := sweep(folder); err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	socket, err := place(folder, runtime)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", socket)
	if err == nil {
		err = os.Chmod(socket, 0o600) // until then, the folder's mode keeps others out
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), sweep(folder))
	}
	s := &Server{folder: folder, control: c, listener: listener, talks: map[net.Conn]struct{}{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.done.Go(s.accept)
	return s, nil
}

// Close ends the conversations, those under way within a second, and removes the
// socket.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	s.over = true
	for talk := range s.talks {
		_ = talk.SetReadDeadline(time.Now())
		_ = talk.SetWriteDeadline(time.Now().Add(farewell))
	}
	s.mu.Unlock()
	s.cancel()
	s.done.Wait()
	return errors.Join(err, sweep(s.folder))
}

// accept serves whoever comes.
func (s *Server) accept() {
	for {
		talk, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // such as too many open files: later there may be fewer
			select {
			case <-time.After(farewell):
			case <-s.ctx.Done():
				return
			}
			continue
		}
		if !s.greet(talk) {
			_ = talk.Close()
			continue
		}
		s.done.Go(func() {
			defer s.leave(talk)
			s.talk(talk)
		})
	}
}

// greet begins a conversation, unless there are too many, or the run has ended.
func (s *Server) greet(talk net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || len(s.talks) >= maxTalks {
		return false
	}
	s.talks[talk] = struct{}{}
	_ = talk.SetReadDeadline(time.Now().Add(patience))
	return true
}

// leave ends a conversation.
func (s *Server) leave(talk net.Conn) {
	_ = talk.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.talks, talk)
}

// talk reads one request, does it, and answers.
func (s *Server) talk(talk net.Conn) {
	line, err := bufio.NewReader(io.LimitReader(talk, maxRequest)).ReadBytes('\n')
	if err != nil {
		return // nobody asked, or not to the end
	}
	answer := Answer{Version: version}
	var r Request
	if err := json.Unmarshal(line, &r); err != nil {
		answer.Error = "the request is no line of JSON"
	} else if err := s.do(r, asker(talk, r.By)); err != nil {
		answer.Error = err.Error()
	}
	answer.Status = s.control.Status(time.Now()).Document()
	s.answer(talk, answer)
}

// answer writes an answer, to someone who takes it in time.
func (s *Server) answer(talk net.Conn, a Answer) {
	s.mu.Lock()
	if !s.over {
		_ = talk.SetWriteDeadline(time.Now().Add(patience))
	}
	s.mu.Unlock()
	_ = json.NewEncoder(talk).Encode(a) // whoever asked may be gone
}

// do does what is asked for.
func (s *Server) do(r Request, by string) error {
	if err := r.check(); err != nil {
		return err
	}
	switch r.Do {
	case event.CommandPause:
		return s.control.Pause(s.ctx, by)
	case event.CommandContinue:
		return s.control.Continue(by)
	case event.CommandRate:
		return s.control.SetRate(r.Rate, by)
	case event.CommandNext:
		return s.control.Next(by)
	case event.CommandStop:
		return s.control.StopFor(by)
	default:
		return nil // of [Status], that is all
	}
}
