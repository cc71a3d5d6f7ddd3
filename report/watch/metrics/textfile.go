package metrics

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/expfmt"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/internal/safefile"
)

// textfileEvery is how often the file of metrics is written during a run.
const textfileEvery = 30 * time.Second

// textfileMode lets everybody read the file.
const textfileMode = 0o644

// textfileSize is more than such a file ever has.
const textfileSize = 1 << 20

// Textfile keeps a file of metrics for the textfile collector of the Prometheus
// node exporter. The file is replaced as a whole, and everybody can read it,
// because the collector is somebody else: it has counts, and no number or name.
type Textfile struct {
	path    string
	metrics *Metrics
	warn    func(what string, err error)
	others  *string // the job whose metrics it has; nil: it has none
	failed  bool    // that it cannot be written was told
	taken   bool    // it has those of a run that goes on, or was killed
	begun   chan struct{}
	quit    chan struct{}
	done    sync.WaitGroup
}

// KeepTextfile begins to write the file. That it cannot be written is told by
// warn, once until it can be again, and changes nothing of the run. A file that
// has the metrics of another job is not written: they would be lost. Nor is one that
// says that a run goes on, unless the command has begun a run itself.
func KeepTextfile(path string, metrics *Metrics, warn func(what string, err error)) *Textfile {
	t := &Textfile{path: path, metrics: metrics, warn: warn, begun: make(chan struct{}, 1), quit: make(chan struct{})}
	t.taken, t.others = metrics.remember(path)
	t.done.Go(func() {
		ticker := time.NewTicker(textfileEvery)
		defer ticker.Stop()
		for {
			t.write(false)
			select {
			case <-ticker.C:
			case <-t.begun:
			case <-t.quit:
				return
			}
		}
	})
	return t
}

// Listen is the file's [event.Listener]: it is written at once when a run has begun.
func (t *Textfile) Listen(e event.Event) {
	if _, is := e.(event.Began); is {
		select {
		case t.begun <- struct{}{}:
		default: // it is about to be
		}
	}
}

// Close writes the file for the last time.
func (t *Textfile) Close() {
	close(t.quit)
	t.done.Wait()
	t.write(true)
}

func (t *Textfile) write(last bool) {
	begun := t.metrics.status(time.Now()).Begun
	if t.taken && !begun {
		return
	}
	var err error
	switch job := t.metrics.name(); {
	case t.others == nil || *t.others == job:
		err = t.replace()
	case !begun && (job == "" || !last): // whose it is will be known when there is a run
		return
	default:
		err = fmt.Errorf("the file has those of %s: give each job a file of its own", jobNamed(*t.others))
	}
	if err != nil && !t.failed {
		t.warn("the metrics were not written", err)
	}
	t.failed = err != nil
}

// replace writes the file anew.
func (t *Textfile) replace() error {
	registry, err := t.metrics.Registry()
	if err != nil {
		return err
	}
	families, err := registry.Gather()
	if err != nil {
		return err
	}
	return safefile.Replace(t.path, textfileMode, func(w io.Writer) error {
		for _, family := range families {
			if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
				return err
			}
		}
		return nil
	})
}

// The metrics that outlive a run: what the last one came to is told until the
// next one has ended.
const (
	lastAtName       = "last_run_timestamp_seconds"
	lastCodeName     = "last_run_exit_code"
	lastDurationName = "last_run_duration_seconds"
	lastStopName     = "last_run_stop"
	succeededName    = "last_success_timestamp_seconds"
)

// runningName is that of the metric that tells that a run goes on.
const runningName = "running"

// lastRun is what the last run came to.
type lastRun struct {
	at        time.Time // zero: there was none
	code      int
	took      time.Duration
	stop      result.Reason // "": it came to its end
	succeeded time.Time
}

func (l *lastRun) end(o runs.Outcome, started time.Time) {
	l.at, l.code, l.took, l.stop = o.At, o.ExitCode, 0, ""
	if o.Summary != nil && o.Summary.Stop != nil {
		l.stop = o.Summary.Stop.Reason
	}
	if !started.IsZero() {
		l.took = o.At.Sub(started)
	}
	if o.ExitCode == 0 {
		l.succeeded = o.At
	}
}

// remember takes what the last run came to from the file that it left. A file
// that is not there, or is not one of metrics, tells nothing. running tells that the file
// says that a run goes on, and job whose metrics it has; nil: it has none.
func (m *Metrics) remember(path string) (running bool, job *string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept = true
	content, err := safefile.ReadSmall(path, textfileSize)
	if err != nil {
		return false, nil // the writing of it will say what is wrong
	}
	found, stop := map[string]float64{}, ""
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		line := lines.Text()
		_, label, _ := strings.Cut(line, labelJob+"=")
		if whose, labelled := unquoted(label); labelled {
			job = &whose
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "bulknum_"), "{")
		if name == lastStopName {
			stop, _ = unquoted(line[strings.LastIndexByte(line, '=')+1:]) // it is the last label
		}
		if n, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64); err == nil {
			found[name] = n
		}
	}
	if job != nil && *job != m.job && m.job != "" {
		return found[runningName] == 1, job // of another
	}
	m.last = lastRun{
		at: moment(found[lastAtName]), code: int(found[lastCodeName]), succeeded: moment(found[succeededName]),
		took: time.Duration(found[lastDurationName] * float64(time.Second)), stop: result.Reason(stop),
	}
	return found[runningName] == 1, job
}

// unquoted is the quoted text at the beginning of a text, if it begins with one.
func unquoted(text string) (_ string, is bool) {
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", false
	}
	text, _ = strconv.Unquote(quoted) // it was found to be quoted
	return text, true
}

// jobNamed names a job; runs of standard input have none unless it is given.
func jobNamed(job string) string {
	if job == "" {
		return "runs without a job"
	}
	return "job " + job
}

// moment is the opposite of [seconds].
func moment(seconds float64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(seconds * 1000))
}
