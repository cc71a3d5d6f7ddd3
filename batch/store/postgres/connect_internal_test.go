package postgres

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// A read of a server that says nothing ends, whether the driver waits without end or for longer; and earlier where the driver
// says so, also while it lasts.
func TestNoServerIsSilentForLong(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(c net.Conn)
		want time.Duration
	}{
		"no limit":             {func(net.Conn) {}, silentFor},
		"a later limit":        {func(c net.Conn) { _ = c.SetDeadline(time.Now().Add(time.Hour)) }, silentFor},
		"an earlier limit":     {func(c net.Conn) { _ = c.SetReadDeadline(time.Now().Add(time.Second)) }, time.Second},
		"one that was ended":   {func(c net.Conn) { _ = c.SetDeadline(time.Now()); _ = c.SetDeadline(time.Time{}) }, silentFor},
		"one during the read":  {func(c net.Conn) { time.AfterFunc(2*time.Second, func() { _ = c.SetDeadline(time.Now()) }) }, 2 * time.Second},
		"one of writes during": {func(c net.Conn) { time.AfterFunc(2*time.Second, func() { _ = c.SetWriteDeadline(time.Now()) }) }, silentFor},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				here, there := net.Pipe()
				defer there.Close()
				conn := &impatient{Conn: here}
				defer conn.Close()
				c.set(conn)
				began := time.Now()
				if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != c.want {
					t.Errorf("%v after %s, want after %s", err, time.Since(began), c.want)
				}
			})
		})
	}
}

// Whatever comes begins the time anew.
func TestAServerThatSpeaksIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		conn := &impatient{Conn: here}
		defer conn.Close()
		go func() {
			defer there.Close()
			for range 10 {
				time.Sleep(silentFor - time.Second)
				_, _ = there.Write([]byte{1})
			}
		}()
		for n := range 10 {
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				t.Fatalf("byte %d: %v", n, err)
			}
		}
	})
}
