package watch

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// textfileEvery is how often the file of metrics is written during a run.
const textfileEvery = 30 * time.Second

// Textfile keeps a file of metrics for the textfile collector of the Prometheus
// node exporter. The file is replaced as a whole, and everybody can read it,
// because the collector is somebody else: it has counts, and no number or name.
type Textfile struct {
	path    string
	metrics *Metrics
	warn    func(what string, err error)
	failed  bool // and that was told
	quit    chan struct{}
	done    sync.WaitGroup
}

// KeepTextfile begins to write the file. That it cannot be written is told by
// warn, once until it can be again, and changes nothing of the run.
func KeepTextfile(path string, metrics *Metrics, warn func(what string, err error)) *Textfile {
	t := &Textfile{path: path, metrics: metrics, warn: warn, quit: make(chan struct{})}
	metrics.remember(path)
	t.done.Go(func() {
		ticker := time.NewTicker(textfileEvery)
		defer ticker.Stop()
		for {
			t.write()
			select {
			case <-ticker.C:
			case <-t.quit:
				return
			}
		}
	})
	return t
}

// Close writes the file for the last time.
func (t *Textfile) Close() {
	close(t.quit)
	t.done.Wait()
	t.write()
}

func (t *Textfile) write() {
	registry, err := t.metrics.Registry()
	if err == nil {
		err = prometheus.WriteToTextfile(t.path, registry)
	}
	if err != nil && !t.failed {
		t.warn("the metrics were not written", err)
	}
	t.failed = err != nil
}

// The metrics that outlive a run: what the last one came to is told until the
// next one has ended.
const (
	lastAtName       = "last_run_timestamp_seconds"
	lastCodeName     = "last_run_exit_code"
	lastDurationName = "last_run_duration_seconds"
	succeededName    = "last_success_timestamp_seconds"
)

// lastRun is what the last run came to.
type lastRun struct {
	at        time.Time // zero: there was none
	code      int
	took      time.Duration
	succeeded time.Time
}

func (l *lastRun) end(o Outcome, started time.Time) {
	l.at, l.code, l.took = o.At, o.ExitCode, 0
	if !started.IsZero() {
		l.took = o.At.Sub(started)
	}
	if o.ExitCode == 0 {
		l.succeeded = o.At
	}
}

// remember takes what the last run came to from the file that it left. A file
// that is not there, or is not one of metrics, tells nothing.
func (m *Metrics) remember(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	found := map[string]float64{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "bulknum_"), "{")
		if n, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64); err == nil {
			found[name] = n
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = lastRun{
		at: moment(found[lastAtName]), code: int(found[lastCodeName]), succeeded: moment(found[succeededName]),
		took: time.Duration(found[lastDurationName] * float64(time.Second)),
	}
}

// moment is the opposite of [seconds].
func moment(seconds float64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(seconds * 1000))
}
