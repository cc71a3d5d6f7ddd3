// Package control is the control socket of a running run, HTTP over a unix socket in its folder, and its hold file.
//
//	GET  /v1/status
//	POST /v1/pause, /v1/stop, /v1/rate with rate=20/m as a form, /v1/next with wave=2, /v1/continue with whose=alice
//
// A form may say until=2026-11-23T02:00:05Z, after which a run that was suspended does not do it any more.
//
// The answer is JSON: where the run stands, and an error with status 409 when it refused. The socket is open to the
// run's owner only. Who asks is who the form says as by; where the system tells which user is at the other end, that
// is recorded too.
package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
)

const (
	// prefix is that of every path, with the version of what is asked.
	prefix = "/v1/"
	// patience is how long a run waits for who asks, and answerWithin how long that one waits for the run.
	patience     = 10 * time.Second
	answerWithin = 5 * time.Second
	// farewell is how long answers under way may take when the run has ended.
	farewell = time.Second
	// maxRequest bounds a request's head, and its form.
	maxRequest = 4 << 10
	// maxShown bounds what is shown of a text that came from outside.
	maxShown = 200
)

// The fields of a request's form: who asks, a rate, the wave that is approved, whose pause is to end, and the moment after
// which nobody waits for the answer any more.
const (
	formBy    = "by"
	formRate  = "rate"
	formWave  = "wave"
	formWhose = "whose"
	formUntil = "until"
)

// Status asks only where a run stands; the other commands are the engine's.
const Status event.Command = "status"

// answer is what came of a request.
type answer struct {
	// Error says why it was not done; "": it was. Instead is what the run would do, if it told that.
	Error   string       `json:"error,omitempty"`
	Instead *control.Way `json:"instead,omitempty"`
	// Status is where the run stands afterwards.
	Status control.Document `json:"status"`
}

// Server serves the socket of one run.
type Server struct {
	folder string
	http   *http.Server
	cancel context.CancelFunc
	served sync.WaitGroup
}

// Serve opens the socket of a run whose folder the caller holds, and answers
// until it is closed. runtime is where the socket goes when the folder's path is
// too long; "": the system's folder for temporary files.
func Serve(folder, runtime string, c *control.Control) (*Server, error) {
	if err := sweep(folder); err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	socket, err := socketPath(folder, runtime)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", socket)
	if err == nil {
		err = os.Chmod(socket, 0o600) //nolint:forbidigo // a socket is not opened; until then, the folder's mode keeps others out
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), sweep(folder))
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{folder: folder, cancel: cancel, http: &http.Server{
		Handler:        handler(ctx, c),
		ReadTimeout:    patience,
		MaxHeaderBytes: maxRequest,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, peerKey{}, conn)
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0), // whoever asks wrongly is told, and nobody else
	}}
	s.http.SetKeepAlivesEnabled(false)
	s.served.Go(func() { _ = s.http.Serve(listener) }) // until it is closed
	return s, nil
}

// Close ends the conversations, those under way within a second, and removes the
// socket.
func (s *Server) Close() error {
	s.cancel() // a pause that is waited for
	ctx, done := context.WithTimeout(context.Background(), farewell)
	defer done()
	if s.http.Shutdown(ctx) != nil { // somebody says nothing, or takes nothing
		_ = s.http.Close()
	}
	s.served.Wait()
	return sweep(s.folder)
}

// handler answers what is asked of a run. ctx ends what an answer waits for.
func handler(ctx context.Context, c *control.Control) http.Handler {
	commands := map[event.Command]func(by string, form url.Values) error{
		event.CommandPause:    func(by string, _ url.Values) error { return c.Pause(ctx, by) },
		event.CommandContinue: func(by string, form url.Values) error { return c.Continue(by, printable(form.Get(formWhose))) },
		event.CommandRate:     func(by string, form url.Values) error { return c.SetRate(form.Get(formRate), by) },
		event.CommandNext:     func(by string, form url.Values) error { return next(c, by, form.Get(formWave)) },
		event.CommandStop:     func(by string, _ url.Values) error { return c.StopFor(by) },
	}
	tell := func(w http.ResponseWriter, err error) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience))
		w.Header().Set("Content-Type", "application/json")
		a := answer{Status: c.Status(time.Now()).Document()}
		if err != nil {
			a.Error = err.Error()
			if refused, ok := errors.AsType[*control.RefusedError](err); ok {
				a.Instead = &refused.Way
			}
			w.WriteHeader(http.StatusConflict)
		}
		_ = json.NewEncoder(w).Encode(a) // whoever asked may be gone
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+string(Status), func(w http.ResponseWriter, _ *http.Request) { tell(w, nil) })
	mux.HandleFunc("POST "+prefix+"{command}", func(w http.ResponseWriter, r *http.Request) {
		command, known := commands[event.Command(r.PathValue("command"))]
		if !known {
			http.NotFound(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "the request is no form", http.StatusBadRequest)
			return
		}
		err := late(r.PostForm.Get(formUntil), time.Now())
		if err == nil {
			err = command(asker(r), r.PostForm)
		}
		tell(w, err)
	})
	return mux
}

// peerKey is the key of a request's connection in its context.
type peerKey struct{}

// late refuses what comes to a run after the moment until which it was meant, as to one that was suspended: whoever asked
// has been told that it was not done. Without a moment, nothing is late.
func late(until string, now time.Time) error {
	if until == "" {
		return nil
	}
	meant, err := time.Parse(time.RFC3339Nano, until)
	if err != nil {
		return fmt.Errorf("until %q: no time as in RFC 3339", printable(until))
	}
	if now.After(meant) {
		return fmt.Errorf("the request was meant until %s only: ask again", meant.Local().Format("15:04:05 MST"))
	}
	return nil
}

// next approves the wave of a number; "": whichever is held.
func next(c *control.Control, by, number string) error {
	if number == "" {
		return c.Next(by, 0)
	}
	wave, err := strconv.Atoi(number)
	if err != nil || wave < 1 {
		return fmt.Errorf("wave %q: waves are counted from 1", printable(number))
	}
	return c.Next(by, wave)
}

// asker is who the request says is at the other end, and the user whom the system names.
func asker(r *http.Request) string {
	said := printable(r.PostForm.Get(formBy))
	conn, _ := r.Context().Value(peerKey{}).(*net.UnixConn)
	uid, known := peer(conn)
	if !known {
		return cmp.Or(said, "somebody")
	}
	id := strconv.FormatUint(uint64(uid), 10)
	name := "user " + id
	if u, err := user.LookupId(id); err == nil {
		name = printable(u.Username)
	}
	if said == "" || said == name {
		return name
	}
	return said + " (" + name + ")"
}

// printable is a text on one line, without what a terminal might obey.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, ""))
	runes := []rune(strings.TrimSpace(text))
	return string(runes[:min(len(runes), maxShown)])
}
