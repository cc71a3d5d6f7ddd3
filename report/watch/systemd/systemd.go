// Package systemd is how systemd hears of a run or a worker, where it asks for that (sd_notify): STATUS, which `systemctl
// status` shows, READY, STOPPING, and WATCHDOG as long as the process answers.
package systemd

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/report/words"
)

// Variable has the socket of systemd; where it is not set, nobody is told anything.
const Variable = "NOTIFY_SOCKET"

// statusEvery is how often the status is told.
const statusEvery = 10 * time.Second

// Service is what systemd is told of. A nil one tells nothing.
type Service struct {
	status   func(time.Time) string
	every    time.Duration
	watched  bool
	ready    sync.Once
	quit     chan struct{}
	done     sync.WaitGroup
	previous string
}

// Start begins to tell the status, in one line, to the socket that [Variable] has. What cannot be
// told changes nothing of the work.
func Start(status func(time.Time) string) *Service {
	s := &Service{status: status, every: statusEvery, quit: make(chan struct{})}
	if within, err := daemon.SdWatchdogEnabled(false); err == nil && within > 0 {
		s.watched, s.every = true, min(statusEvery, within/2) // as sd_watchdog_enabled(3) asks for
	}
	s.done.Go(s.tell)
	return s
}

// tell tells the status until the end. That it can be made is what the watchdog is told.
func (s *Service) tell() {
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		s.notify()
		select {
		case <-ticker.C:
		case <-s.quit:
			return
		}
	}
}

// notify tells the status once.
func (s *Service) notify() {
	var lines []string
	if now := s.status(time.Now()); now != s.previous {
		lines, s.previous = append(lines, "STATUS="+now), now
	}
	if s.watched {
		lines = append(lines, daemon.SdNotifyWatchdog)
	}
	if len(lines) > 0 {
		_, _ = daemon.SdNotify(false, strings.Join(lines, "\n"))
	}
}

// Ready tells once that what systemd waits for has begun.
func (s *Service) Ready() {
	if s != nil {
		s.ready.Do(func() { _, _ = daemon.SdNotify(false, daemon.SdNotifyReady) })
	}
}

// Stopping tells that the process comes to its end.
func (s *Service) Stopping() {
	if s != nil {
		_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
	}
}

// Close tells what it came to, and no more.
func (s *Service) Close() {
	if s == nil {
		return
	}
	close(s.quit)
	s.done.Wait()
	s.notify()
	s.Stopping()
}

// Line is where a run stands, in a line that has nothing of its input: everybody on the machine can read it.
func Line(s *control.Status) string {
	line := words.Capital(words.Phase(s.Phase))
	if p := s.Progress; p.Total > 0 && !p.Reading {
		line += fmt.Sprintf(": %s of %s rows", words.Count(p.Done), words.Count(p.Total))
		if !p.Ends.IsZero() && s.Phase != control.PhaseEnded {
			line += ", until " + p.Ends.Local().Format(words.Clock)
		}
	}
	return line
}
