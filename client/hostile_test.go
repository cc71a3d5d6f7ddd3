package client_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
)

// most is how many bytes are taken of an answer that does not end: what the system keeps on its way, and what is read.
const most = 16 << 20

// endless writes a text over and over, until nobody takes it, and returns how many bytes were taken.
func endless(w io.Writer, text string) int {
	text = strings.Repeat(text, 1+4096/len(text))
	for taken := 0; ; taken += len(text) {
		if _, err := io.WriteString(w, text); err != nil || taken > 4*most {
			return taken
		}
	}
}

// An answer that has no end is left, soon and with what that means for an update: in its headers, in what comes before
// it, in what comes after it, or compressed.
func TestAnswersWithoutAnEnd(t *testing.T) {
	const well = `{"Number":"` + testNumber + `","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`
	for name, answer := range map[string]func(w io.Writer) int{
		"a header": func(w io.Writer) int { return endless(w, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20)) },
		"headers":  func(w io.Writer) int { fmt.Fprint(w, "HTTP/1.1 200 OK\r\n"); return endless(w, "X: y\r\n") },
		"a status": func(w io.Writer) int { fmt.Fprint(w, "HTTP/1.1 200 "); return endless(w, "OK ") },
		"103s":     func(w io.Writer) int { return endless(w, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n") },
		"100s":     func(w io.Writer) int { return endless(w, "HTTP/1.1 100 Continue\r\n\r\n") },
		"trailers": func(w io.Writer) int {
			fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n%x\r\n%s\r\n0\r\n", len(well), well)
			return endless(w, "X: y\r\n")
		},
		"a chunk's size": func(w io.Writer) int {
			fmt.Fprint(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			return endless(w, "0")
		},
		"tiny chunks": func(w io.Writer) int {
			fmt.Fprint(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			return endless(w, "1;"+strings.Repeat("x", 2000)+"\r\n \r\n")
		},
		"a body": func(w io.Writer) int { fmt.Fprint(w, "HTTP/1.1 200 OK\r\n\r\n"); return endless(w, well) },
	} {
		t.Run(name, func(t *testing.T) {
			taken := make(chan int, 100)
			cfg := given(rawServer(t, func(c *net.TCPConn, _ int, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				taken <- answer(c)
			}))
			cfg.OutageWait = 1
			cfg.Timeout = 20 * time.Second
			began := time.Now()
			_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
			if took := time.Since(began); took > cfg.Timeout/2 {
				t.Errorf("it takes %s", took)
			}
			if got := <-taken; got > most {
				t.Errorf("%d MiB are taken", got>>20)
			}
			e, ok := errors.AsType[*client.Error](err)
			if !ok || e.Applied != client.AppliedMaybe || len(e.Error()) > 500 {
				t.Errorf("it is %v", err)
			}
		})
	}
}

// So it is over HTTP/2.
func TestEarlyHintsWithoutAnEnd(t *testing.T) {
	sent := make(chan int, 100)
	server := newTLSServer(t, &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
		n := 0
		for w.Header().Set("Link", "<"+strings.Repeat("x", 1000)+">"); r.Context().Err() == nil && n < 100_000; n++ {
			w.WriteHeader(http.StatusEarlyHints)
		}
		sent <- n
	}})
	cfg := given(server.URL)
	cfg.CAPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	cfg.OutageWait = 1
	_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Applied != client.AppliedMaybe {
		t.Errorf("it is %v", err)
	}
	if n := <-sent; n == 100_000 {
		t.Errorf("all %d are taken", n)
	}
}

// What comes after an answer, as its trailers, says nothing of it.
func TestTrailersSayNothing(t *testing.T) {
	cfg := overSockets(t, &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
		w.Header().Set("Trailer", "Retry-After, Date, Location, Content-Encoding")
		ok(w, number)
		w.Header().Set("Retry-After", "86400")
		w.Header().Set("Date", "Thu, 01 Jan 1970 00:00:00 GMT")
		w.Header().Set("Location", "/elsewhere")
		w.Header().Set("Content-Encoding", "gzip")
	}})
	c := newClient(t, cfg)
	for range 2 {
		if got, err := c.Update(t.Context(), update(testNumber)); err != nil || got.UpdateOrderId == "" {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}
