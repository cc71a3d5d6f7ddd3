package pipenet_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/internal/pipenet"
)

// Both ends say goodbye before either listens, and each hears the other; who writes without end waits for room, until
// its deadline.
func TestWhatIsWrittenIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := pipenet.Listen()
		accepted := make(chan net.Conn, 1)
		go func() {
			conn, _ := l.Accept() // it is dialled
			accepted <- conn
		}()
		near, err := l.DialContext(t.Context(), "pipe", "")
		if err != nil {
			t.Fatal(err)
		}
		far := <-accepted
		for _, end := range []net.Conn{near, far} {
			if _, err := io.WriteString(end, "goodbye"); err != nil {
				t.Fatal(err)
			}
		}
		for _, end := range []net.Conn{near, far} {
			heard := make([]byte, len("goodbye"))
			if _, err := io.ReadFull(end, heard); err != nil || string(heard) != "goodbye" {
				t.Errorf("heard %q, %v", heard, err)
			}
		}
		began := time.Now()
		if err := near.SetWriteDeadline(began.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(near, endless{})
		if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != time.Minute {
			t.Errorf("it ended with %v after %v", err, took)
		}
		_, _ = near.Close(), far.Close()
	})
}

// endless is a reader without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
