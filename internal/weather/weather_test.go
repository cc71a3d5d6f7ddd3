package weather_test

import (
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"
)

// rows is how many a run has.
const rows = 12

// weather is one thing between the program and the API, and what is to come of it.
type weather struct {
	name string
	// brief ones are in the short form.
	brief bool
	// latency of the API, and its faults.
	latency time.Duration
	faults  string
	// between puts it there and says how the API is reached.
	between func(*world) way
	args    []string // of apply
	// exit is the exit code of apply, and counts are its rows by status, where that is certain. Without the exit code 0
	// each row is judged by itself.
	exit   int
	counts map[string]int
	first  bool     // it ends by what is met first: no update is sent
	most   int      // updates a number; 0: 1
	says   []string // expressions, each of which is met by standard error
	never  []string // and those that are not
	// then goes on after apply.
	then func(*world)
}

// all are so many rows of the same status.
func all(status string) map[string]int { return map[string]int{status: rows} }

// TestWeather applies a file through each.
func TestWeather(t *testing.T) {
	for name, cases := range map[string][]weather{
		"nginx": ofNginx(), "haproxy": ofHAProxy(), "squid": ofSquid(), "toxiproxy": ofToxiproxy(), "certificate": ofCertificates(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					if testing.Short() && !c.brief {
						t.Skip("not in the short form")
					}
					t.Parallel()
					c.run(newWorld(t, c))
				})
			}
		})
	}
}

// downFor is what is told of an outage that was too long: the commands wait for 3 seconds at least.
var downFor = regexp.MustCompile(`down for (\d\S*):`)

// run applies the file and judges what comes of it.
func (c weather) run(w *world) {
	w.way = c.between(w)
	begun := time.Now()
	w.bulknum(append([]string{"apply", "rows.csv", "--yes", "--run", "first"}, c.args...)...)
	if w.code != c.exit {
		w.Errorf("exit code %d, want %d", w.code, c.exit)
	}
	for _, say := range c.says {
		if !regexp.MustCompile(say).MatchString(w.stderr) {
			w.Errorf("standard error does not say %q", say)
		}
	}
	for _, say := range c.never {
		if regexp.MustCompile(say).MatchString(w.stderr) {
			w.Errorf("standard error says %q", say)
		}
	}
	if told := downFor.FindStringSubmatch(w.stderr); told != nil {
		span, err := time.ParseDuration(told[1])
		w.must(err)
		if longest := time.Since(begun) + time.Second; span < 3*time.Second || span > longest {
			w.Errorf("it was down for %v, of %v", span, longest)
		}
	}
	if took := time.Since(begun); c.first && !slices.Contains(c.args, "--outage-wait") && took >= 20*time.Second { // as long as an outage is waited for
		w.Errorf("it was tried for %v", took)
	}
	if c.then != nil {
		c.then(w)
		return
	}
	w.server.Close() // and what is on its way has arrived
	counts := w.judge("first", func(number string) string { return w.old[number] }, func(string) string { return asked })
	if c.counts != nil && !maps.Equal(counts, c.counts) || c.first && w.api.Stats().Updates > 0 {
		w.Errorf("rows %v, want %v", counts, c.counts)
	}
	if most := w.most(); most > max(1, c.most) {
		w.Errorf("a number was sent %d updates, want %d", most, max(1, c.most))
	}
}
