package acceptance

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

// A server that sends more than it announced, with a secret in it, makes no line on
// standard error that is not the command's own.
func TestNoLineThatIsNotOurs(t *testing.T) {
	const extra = "HTTP/1.1 400 s3cret-that-nobody-asked-for\r\n\r\n"
	answer := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // it was read before
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		const body = `{"token":"t","successful":true,"tokenExpiry":"01/02/2096 03:04:05 PM"}`
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n"+body+extra) // whoever asked may be gone
		_, _ = io.Copy(io.Discard, conn)                                                        // until it is closed
	}
	o := newOperator(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
		if strings.HasSuffix(r.URL.Path, "/tokens") {
			return http.HandlerFunc(answer)
		}
		return nil
	}})
	// What nobody asked for may come in time to be taken for the next answer, which then has no end.
	c := o.start(o.command("bulknum", "check", "--timeout", "5s", "--max-attempts", "2"))
	<-c.ended
	for line := range strings.Lines(c.stderr.String()) {
		if !strings.HasPrefix(line, "bulknum: ") || strings.Contains(line, "nobody-asked-for") {
			t.Errorf("standard error has %q", line)
		}
	}
}
