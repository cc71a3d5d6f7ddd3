package acceptance

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// readersToken is the token of the tests' readers.
const readersToken = "correct-horse-battery-staple"

// reads asks for a path as another machine would, and returns the status and what was answered.
func reads(t *testing.T, address, path, authorization string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "10.0.0.7:8080"
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// wantsToken asks for what is served at all addresses of this machine: paths that have a text.
func wantsToken(t *testing.T, address string, shown map[string]string) {
	t.Helper()
	for _, path := range []string{"/healthz", "/metrics"} {
		if status, body := reads(t, address, path, ""); status != http.StatusOK || strings.Contains(body, "1801555") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for path, text := range shown {
		if status, body := reads(t, address, path, ""); status != http.StatusUnauthorized || strings.Contains(body, text) {
			t.Errorf("%s without the token: %d %s", path, status, body)
		}
		if status, body := reads(t, address, path, "Bearer "+readersToken); status != http.StatusOK || !strings.Contains(body, text) {
			t.Errorf("%s with the token: %d %s", path, status, body)
		}
	}
}

// systemdOf lets a command tell systemd of itself, and returns what it has told until a line comes.
func (o *operator) systemdOf(t *testing.T) (until func(line string) string) {
	t.Helper()
	path := filepath.Join(o.dir, "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	o.env = append(o.env, "NOTIFY_SOCKET="+path, "WATCHDOG_USEC=1000000")
	return func(line string) string {
		var told strings.Builder
		for buffer := make([]byte, 4<<10); !strings.Contains(told.String(), line); {
			_ = socket.SetReadDeadline(time.Now().Add(time.Minute))
			n, err := socket.Read(buffer)
			if err != nil {
				t.Fatalf("%v; it told %s", err, &told)
			}
			told.Write(buffer[:n])
			told.WriteByte('\n')
		}
		return told.String()
	}
}

// A run is served to other machines to those who have the token; who asks whether it is well, and for its metrics, needs
// none. systemd is told how it goes.
func TestARunIsServedToWhoHasTheToken(t *testing.T) {
	t.Parallel()
	o := newOperator(t, sandbox.Config{})
	told := o.systemdOf(t)
	name, token, asked := o.file("rows", 5), o.save("token", []byte(readersToken+"\n")), make(chan struct{})
	o.after(2, func() { <-asked })
	apply := []string{"apply", name, "--yes", "--all", "--listen", "0.0.0.0:0"}
	c := o.start(o.command("bulknum", append(apply, "--listen-token-file", token)...))
	c.ask(t, "/healthz").Body.Close()
	lines := told("READY=1")
	wantsToken(t, c.address(), map[string]string{"/": "<html", "/state.json": `"phase"`})
	if _, body := reads(t, c.address(), "/healthz", ""); !strings.HasPrefix(body, "ok: s") { // starting, or sending
		t.Errorf("it is %q", body)
	}
	close(asked)
	<-c.ended
	c.wants(t, 0)
	if lines += told("STOPPING=1"); !strings.Contains(lines, "STATUS=") || !strings.Contains(lines, "WATCHDOG=1") {
		t.Errorf("systemd was told %s", lines)
	}
	if strings.Contains(lines+c.stderr.String(), readersToken) {
		t.Errorf("it tells the token: %s", &c.stderr)
	}
	// Neither without a token nor with one that others can read.
	o.bulknum(64, apply...)
	if err := os.Chmod(filepath.Join(o.dir, token), 0o644); err != nil {
		t.Fatal(err)
	}
	if c := o.bulknum(3, append(apply, "--listen-token-file", token)...); !strings.Contains(c.stderr.String(), "chmod 600") {
		t.Errorf("it says %s", &c.stderr)
	}
}

// A worker is served as a run is, at the address of its variables, which are not those of its accounts' runs.
// systemd is told when it works, and that it stops.
func TestAWorkerIsServedToWhoHasTheToken(t *testing.T) {
	t.Parallel()
	if !pgtest.Wanted() {
		t.Skip("PostgreSQL is not installed")
	}
	o := newOperator(t, sandbox.Config{})
	told := o.systemdOf(t)
	accounts := filepath.Join(o.dir, "accounts")
	if err := os.Mkdir(accounts, 0o700); err != nil {
		t.Fatal(err)
	}
	o.save("accounts/acme.env", []byte("TELEGENT_ACCOUNT_KEY=DID-1\nTELEGENT_ACCOUNT_SECRET=s3cret\n"))
	o.env = append(o.env, "BULKNUM_STORE="+pgtest.Shared(t).NewDatabase(t, pgtest.Empty),
		"BULKNUM_LISTEN=0.0.0.0:0", "BULKNUM_LISTEN_TOKEN_FILE="+o.save("token", []byte(readersToken)))
	o.bulknum(0, "store", "migrate")
	all, sending, asked := o.file("rows", 5), make(chan struct{}), make(chan struct{})
	if err := os.Mkdir(filepath.Join(o.dir, "files"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(o.dir, all), filepath.Join(o.dir, "files", "acme.csv")); err != nil {
		t.Fatal(err)
	}
	o.bulknum(0, "fleet", "apply", "--queue", "--files", "files", "--all", "--yes")
	var once sync.Once
	o.watch(func(seen sandbox.Seen) {
		if seen.Endpoint == sandbox.Update { // before it there is no plan, whose rows are counted
			once.Do(func() { close(sending) })
			<-asked
		}
	})
	c := o.start(o.command("bulknum", "worker"))
	told("READY=1")
	told("STATUS=Working for 1 of up to")
	<-sending
	c.ask(t, "/healthz").Body.Close()
	wantsToken(t, c.address(), map[string]string{"/": "<td>acme</td>"})
	if _, body := reads(t, c.address(), "/metrics", ""); !strings.Contains(body, `bulknum_worker_rows{account="acme"} 5`) {
		t.Errorf("its metrics are %s", body)
	}
	close(asked)
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	told("STOPPING=1")
	<-c.ended
	c.wants(t, 0)
	if strings.Contains(c.stderr.String(), "the run is shown at") {
		t.Errorf("its accounts' runs listen, too: %s", &c.stderr)
	}
}
