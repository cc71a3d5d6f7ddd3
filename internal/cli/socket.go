package cli

import (
	"os"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	socket "github.com/bulknum/bulknum/internal/control"
)

// attend lets a run be asked for things while it goes: by its socket, through a store that several hosts share and, if
// one is named, by a hold file. A run without a socket is none the worse.
func (s *session) attend(config *batch.Config) (done func()) {
	config.Attend = func(run *runs.Run) func() {
		ends := []func(){}
		if box, shared := config.Store.(store.Mailbox); shared {
			ends = append(ends, socket.ServeThrough(box, run.Stored.ID, config.Control))
		}
		server, err := socket.Serve(run.Folder(), runtimeFolder(s.app.Streams), config.Control)
		switch {
		case err != nil && len(ends) > 0: // it is reached through the store
		case err != nil:
			s.app.warn("bulknum ctl cannot reach this run: %v", err)
		default:
			ends = append(ends, func() {
				if err := server.Close(); err != nil {
					s.app.warn("%v", err)
				}
			})
		}
		return func() {
			for _, end := range ends {
				end()
			}
		}
	}
	if s.holdFile == "" {
		return func() {}
	}
	return socket.WatchHoldFile(s.holdFile, config.Reader.Mask, config.Control)
}

// runtimeFolder is where sockets go whose runs have too long a path.
func runtimeFolder(s Streams) string {
	folder := s.getenv("XDG_RUNTIME_DIR") // freedesktop.org, XDG Base Directory Specification
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return os.TempDir()
	}
	return folder
}
