package pipenet_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/internal/pipenet"
)

func get(t *testing.T, transport http.RoundTripper) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestServesInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := pipenet.Listen()
		transport, stop := l.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Hour) // of the bubble: it takes no real time
			_, _ = io.WriteString(w, "hello")
		}))
		defer stop()
		start := time.Now()
		body, err := get(t, transport)
		if err != nil || body != "hello" {
			t.Fatalf("got %q, %v", body, err)
		}
		if took := time.Since(start); took != time.Hour {
			t.Errorf("took %v of the bubble's time, want 1h", took)
		}
	})
}

func TestDownRefusesUntilUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := pipenet.Listen()
		transport, stop := l.Serve(http.NotFoundHandler())
		defer stop()
		l.SetDown(true)
		if _, err := get(t, transport); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("down: got %v, want a refused connection", err)
		}
		l.SetDown(false)
		if _, err := get(t, transport); err != nil {
			t.Errorf("up again: %v", err)
		}
	})
}

func TestClosedRefusesAndDialEndsWithItsContext(t *testing.T) {
	l := pipenet.Listen()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.DialContext(ctx, "tcp", "x"); err == nil {
		t.Error("a dial that nobody accepts outlived its context")
	}
	_ = l.Close()
	if _, err := l.DialContext(t.Context(), "tcp", "x"); err == nil {
		t.Error("a closed listener was reached")
	}
	if _, err := l.Accept(); err == nil {
		t.Error("a closed listener accepted")
	}
}
