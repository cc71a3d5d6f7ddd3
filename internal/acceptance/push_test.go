package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

// At its end a command pushes its metrics to a gateway. That they cannot be pushed is told, with the host, and neither changes
// the exit code nor holds it up when somebody has had enough.
func TestMetricsArePushed(t *testing.T) {
	t.Parallel()
	const password = "us:c0rrect-horse"
	var mu sync.Mutex
	var pushed []string
	status, asked, answer := http.StatusOK, make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, given, _ := r.BasicAuth()
		mu.Lock()
		pushed = append(pushed, fmt.Sprintln(r.Method, r.URL.Path, given)+string(body))
		code := status
		mu.Unlock()
		if code == 0 {
			close(asked)
			<-answer
			return
		}
		http.Error(w, password, code)
	}))
	t.Cleanup(server.Close)
	defer close(answer)
	last := func(code int) string {
		mu.Lock()
		defer mu.Unlock()
		status = code
		if len(pushed) == 0 {
			return ""
		}
		return pushed[len(pushed)-1]
	}
	o := newOperator(t, sandbox.Config{})
	name := o.file("rows", 3)
	auth := o.save("gateway", []byte(password+"\n"))
	apply := []string{"apply", name, "--yes", "--all", "--job", "night", "--metrics-push"}
	ends := func(code int, args ...string) {
		t.Helper()
		c := o.bulknum(code, args...)
		if strings.Contains(c.stderr.String(), "c0rrect-horse") {
			t.Errorf("it tells the password: %s", &c.stderr)
		}
		if warned := strings.Contains(c.stderr.String(), "the metrics were not pushed"); warned != strings.Contains(c.stderr.String(), strings.TrimPrefix(server.URL, "http://")+": ") {
			t.Errorf("it says %s", &c.stderr)
		}
	}
	ends(0, append(apply, server.URL, "--metrics-push-auth-file", auth)...)
	at := func(path, line string) {
		t.Helper()
		got := last(http.StatusOK)
		first, body, _ := strings.Cut(got, "\n")
		method, rest, _ := strings.Cut(first, " ")
		for label := range strings.SplitSeq(path, ",") { // in any order
			if method != http.MethodPost || !strings.HasPrefix(rest, "/metrics/job/bulknum/") || !strings.Contains(rest, label) {
				t.Errorf("%s, want %s", first, label)
			}
		}
		if !strings.Contains("\n"+body, "\n"+line+"\n") || strings.Contains(body, "1801555") || strings.Contains(body, "bulknum_job") {
			t.Errorf("want %s, have\n%s", line, body)
		}
	}
	at("/account/DID-1,/bulknum_job/night,c0rrect-horse", `bulknum_rows{status="updated"} 3`)

	// Also where there is no run.
	o.bulknum(3, "apply", o.save("none.csv", []byte("Number\nx\n")), "--yes", "--job", "other", "--metrics-push", server.URL)
	at("/account/DID-1,/bulknum_job/other", "bulknum_last_run_exit_code 3")

	last(http.StatusBadGateway)
	ends(0, append(apply, server.URL, "--start-new")...)
	last(0)
	c := o.start(o.command("bulknum", append(apply, server.URL, "--start-new")...))
	<-asked
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-c.ended
	c.wants(t, 0)
	if !strings.Contains(c.stderr.String(), "the metrics were not pushed") {
		t.Errorf("it says %s", &c.stderr)
	}
	for code, args := range map[int][]string{
		3:  append(apply, "http://"+password+"@127.0.0.1:1"),
		64: {"apply", name, "--yes", "--metrics-push-auth-file", auth},
	} {
		ends(code, args...)
	}
}
