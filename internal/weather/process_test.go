package weather_test

import (
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a proxy that runs beside the command, and can be started again.
type process struct {
	w    *world
	port string // that it listens at
	line []string

	mu      sync.Mutex
	command *exec.Cmd
}

// start runs a proxy until the end of the test, once it listens at a port of loopback.
func (w *world) start(port string, line ...string) *process {
	w.Helper()
	p := &process{w: w, port: port, line: line}
	w.Cleanup(p.stop)
	p.begin()
	return p
}

// begin starts the proxy.
func (p *process) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var output strings.Builder
	p.command = exec.Command(p.line[0], p.line[1:]...)
	p.command.Stdout, p.command.Stderr = &output, &output
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with its workers
	if err := p.command.Start(); err != nil {
		p.w.Error(err)
		return
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); time.Since(begun) < 2*time.Minute; <-tick.C {
		conn, err := net.Dial("tcp", "127.0.0.1:"+p.port)
		if err == nil {
			_ = conn.Close()
			return
		}
	}
	p.halt()
	p.w.Errorf("%s does not listen at %s\n%s", p.line[0], p.port, &output)
}

// stop kills the proxy, with all its connections.
func (p *process) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.halt()
}

// halt kills the proxy: the caller holds mu.
func (p *process) halt() {
	if p.command == nil || p.command.Process == nil {
		return
	}
	_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL) // it may have ended
	_ = p.command.Wait()
	p.command = nil
}

// signal tells the proxy something.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.command.Process.Signal(s); err != nil {
		p.w.Error(err)
	}
}

// restart ends the proxy, which begins again after a time: until then nobody listens.
func (p *process) restart(after time.Duration) {
	p.stop()
	p.later(after, p.begin)
}

// later does something after a time, before the test ends.
func (p *process) later(after time.Duration, do func()) { p.w.later(after, do) }

// later does something after a time, in any case before the test ends.
func (w *world) later(after time.Duration, do func()) {
	done := make(chan struct{})
	time.AfterFunc(after, func() {
		defer close(done)
		do()
	})
	w.Cleanup(func() { <-done })
}
