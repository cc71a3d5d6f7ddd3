package live_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// page asks for the page, and returns which one it is.
func (s *site) page(t *testing.T) string {
	t.Helper()
	got := s.get(t, "GET", "/", map[string]string{"Host": "localhost"})
	if got.status != http.StatusOK {
		return fmt.Sprint(got.status)
	}
	return got.body
}

// However many read, a page is made once, and again only after a while; at once
// when the run has come to something new.
func TestThePageIsMadeForAllReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.takes = 2 * time.Second // so it is good for 40 s
		var readers sync.WaitGroup
		for range 20 {
			readers.Go(func() {
				if got := s.page(t); got != "<p>rows, page 1</p>" {
					t.Errorf("a reader got %s", got)
				}
			})
		}
		readers.Wait()
		time.Sleep(39 * time.Second) // of synctest: takes no real time
		if got := s.page(t); got != "<p>rows, page 1</p>" {
			t.Errorf("after 39 s: %s", got)
		}
		time.Sleep(2 * time.Second) // of synctest: takes no real time
		if got := s.page(t); got != "<p>rows, page 2</p>" {
			t.Errorf("after 41 s: %s", got)
		}
		s.Listen(watchtest.Update(1, result.Updated))
		if got := s.page(t); got != "<p>rows, page 2</p>" {
			t.Errorf("after a row: %s", got)
		}
		s.Listen(event.Started{At: time.Now(), Rows: 3})
		if got := s.page(t); got != "<p>rows, page 3</p>" {
			t.Errorf("after the start of the sending: %s", got)
		}
		s.End(runs.Outcome{})
	})
}

// A page that cannot be made is the one before, as long as there is one, and is
// tried again soon.
func TestAPageThatCannotBeMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.broken.Store(true)
		if got := s.page(t); got != "503" {
			t.Errorf("with none before: %s", got)
		}
		s.broken.Store(false)
		time.Sleep(2 * time.Second) // of synctest: takes no real time
		if got := s.page(t); got != "<p>rows, page 2</p>" {
			t.Errorf("afterwards: %s", got)
		}
		s.broken.Store(true)
		time.Sleep(time.Minute) // of synctest: takes no real time
		if got := s.page(t); got != "<p>rows, page 2</p>" {
			t.Errorf("with one before: %s", got)
		}
		s.End(runs.Outcome{})
	})
}

// The page brings its own policy, and no other site can frame it.
func TestThePageHasItsPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		got := s.get(t, "GET", "/", map[string]string{"Host": "localhost"}).header["Content-Security-Policy"]
		if want := pagePolicy + "; frame-ancestors 'none'"; len(got) != 1 || got[0] != want {
			t.Errorf("it is %q", got)
		}
		s.End(runs.Outcome{})
	})
}

// Who follows with a page is sent the page of the end after the last state,
// made after the run has ended; a making that takes too long holds nothing.
func TestThePageOfTheEnd(t *testing.T) {
	for _, c := range []struct{ takes, most time.Duration }{{time.Second, 2 * time.Second}, {time.Hour, 7 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t)
			s.page(t)
			s.takes = c.takes
			answer, err := s.client.Get("http://localhost/events?page")
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			began := time.Now()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				s.End(runs.Outcome{})
			}()
			var names []string
			for lines := bufio.NewReader(answer.Body); ; {
				line, err := lines.ReadString('\n')
				if err != nil {
					break
				}
				if name, ok := strings.CutPrefix(line, "event: "); ok {
					names = append(names, strings.TrimSpace(name))
				}
				if data, ok := strings.CutPrefix(line, "data: "); ok && names[len(names)-1] == "page" {
					var last string
					if err := json.Unmarshal([]byte(data), &last); err != nil || last != "<p>rows, page 2</p>" {
						t.Errorf("%v, %s", err, data)
					}
				}
			}
			<-ended
			want := "state end page"
			if c.takes > time.Minute {
				want = "state end"
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("events %s, want %s", got, want)
			}
			if took := time.Since(began); took > c.most {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// Whoever asks for a large page and takes nothing is dropped.
func TestAStuckReaderOfThePageIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.page(t)
		conn, err := s.network.DialContext(t.Context(), "tcp", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		time.Sleep(time.Minute)                              // of synctest: takes no real time
		if _, err := io.Copy(io.Discard, conn); err != nil { // ends when the other side has closed it
			t.Fatal(err)
		}
		s.End(runs.Outcome{})
	})
}
