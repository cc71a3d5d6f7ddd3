// Package control is how a running run is asked for something: by its control socket, HTTP over a unix socket in its
// folder; through its store, from any host; and by its hold file.
//
//	GET  /v1/status
//	POST /v1/pause, /v1/stop, /v1/rate with rate=20/m as a form, /v1/next with wave=2, /v1/continue with whose=alice
//
// A form may say until=2026-11-23T02:00:05Z, after which a run that was suspended does not do it any more.
//
// The answer is JSON: where the run stands, and an error with status 409 when it refused. The socket is open to the
// run's owner only. Who asks is who the form says as by; where the system tells which user is at the other end, that
// is recorded too.
//
// Through the store goes the same form, with what is to be done as do, and as from which user of which host asks; the
// answer is the same. The role of the database by which it came is recorded too.
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
		Handler:        handler(&desk{control: c, ctx: ctx}),
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

// desk does what a run is asked for.
type desk struct {
	control *control.Control
	// ctx ends what an answer waits for.
	ctx context.Context //nolint:containedctx // not that of who asks: a pause stays when that one goes
}

// does reports whether a run can be asked for something.
func does(do event.Command) bool {
	switch do {
	case Status, event.CommandPause, event.CommandContinue, event.CommandRate, event.CommandNext, event.CommandStop:
		return true
	default:
		return false
	}
}

// do does what is asked for, until the moment that the form says.
func (d *desk) do(do event.Command, by string, form url.Values) answer {
	err := late(form.Get(formUntil), time.Now())
	if err == nil {
		err = d.carry(do, by, form)
	}
	a := answer{Status: d.control.Status(time.Now()).Document()}
	if err != nil {
		a.Error = err.Error()
		if refused, ok := errors.AsType[*control.RefusedError](err); ok {
			a.Instead = &refused.Way
		}
	}
	return a
}

// carry carries a command out.
func (d *desk) carry(do event.Command, by string, form url.Values) error {
	switch do {
	case Status:
		return nil
	case event.CommandPause:
		return d.control.Pause(d.ctx, by)
	case event.CommandContinue:
		return d.control.Continue(by, printable(form.Get(formWhose)))
	case event.CommandRate:
		return d.control.SetRate(form.Get(formRate), by)
	case event.CommandNext:
		return next(d.control, by, form.Get(formWave))
	case event.CommandStop:
		return d.control.StopFor(by)
	default:
		return errUnknown
	}
}

// errUnknown is what somebody is told whose bulknum knows more than the run's.
var errUnknown = errors.New("the run does not know what is asked for: it is of another version")

// handler answers what is asked of a run at its socket.
func handler(d *desk) http.Handler {
	tell := func(w http.ResponseWriter, a answer) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience))
		w.Header().Set("Content-Type", "application/json")
		if a.Error != "" {
			w.WriteHeader(http.StatusConflict)
		}
		_ = json.NewEncoder(w).Encode(a) // whoever asked may be gone
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+string(Status), func(w http.ResponseWriter, _ *http.Request) { tell(w, d.do(Status, "", nil)) })
	mux.HandleFunc("POST "+prefix+"{command}", func(w http.ResponseWriter, r *http.Request) {
		command := event.Command(r.PathValue("command"))
		if !does(command) || command == Status {
			http.NotFound(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "the request is no form", http.StatusBadRequest)
			return
		}
		tell(w, d.do(command, asker(r), r.PostForm))
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
