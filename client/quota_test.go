package client_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/gate"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// budget is a quota in memory.
type budget struct {
	mu      sync.Mutex
	next    time.Time
	pushed  []time.Duration
	takes   int
	trouble error
}

func (b *budget) Take(ctx context.Context, every time.Duration, n int) (gate.Slot, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.takes++
	if b.trouble != nil {
		return gate.Slot{}, b.trouble
	}
	begins := time.Now()
	if b.next.After(begins) {
		begins = b.next
	}
	b.next = begins.Add(time.Duration(n) * every)
	return gate.Slot{Begins: begins, Ends: b.next, Taken: true}, ctx.Err()
}

func (b *budget) PushBack(_ context.Context, wait time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pushed = append(b.pushed, wait)
	b.next = time.Now().Add(wait)
	return nil
}

// A slot is waited for before a request leaves: its time-out has not begun, and two clients of one quota have one rate.
func TestClientsShareAQuota(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.Rate, cfg.Timeout = client.DefaultRate(), 500*time.Millisecond
		var b budget
		var all sync.WaitGroup
		for range 2 {
			api := newClient(t, cfg)
			api.Gate().Share(&b)
			all.Go(func() { wantNoFailure(t, updateAll(t, api, 4, 100)) })
		}
		all.Wait()
		seen := server.arrivals()
		for i := 1; i < len(seen); i++ {
			if got := seen[i].at.Sub(seen[i-1].at); got < cfg.Rate.Every() {
				t.Fatalf("update %d came %v after the one before", i+1, got)
			}
		}
		if took := seen[len(seen)-1].at.Sub(seen[0].at); len(seen) != 200 || took > 202*cfg.Rate.Every() {
			t.Errorf("%d updates took %v", len(seen), took)
		}
		// 202 with the tokens; those for which the rate was high enough for one slot each.
		if b.takes != 202 {
			t.Errorf("%d slots were taken", b.takes)
		}
	})
}

// What the server asks of one client the quota is told at once, not when the wait is over.
func TestAQuotaIsToldOfA429(t *testing.T) {
	refused := false
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
		if !refused {
			refused = true
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		ok(w, number)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		var b budget
		api := newClient(t, cfg)
		api.Gate().Share(&b)
		wantNoFailure(t, updateAll(t, api, 1, 1))
		if len(b.pushed) != 1 || b.pushed[0].Round(time.Second) != time.Minute {
			t.Errorf("the quota was told %v", b.pushed)
		}
	})
}

// Without the quota nothing leaves, and no call does better.
func TestAQuotaThatCannotBeAskedEndsCalls(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.Rate = client.DefaultRate()
		for want, trouble := range map[client.Kind]error{
			client.KindQuota:       errors.New("the store is away"),
			client.KindRateLimited: &gate.AskedError{Left: time.Hour, Allowed: time.Minute},
		} {
			api := newClient(t, cfg)
			api.Gate().Share(&budget{trouble: trouble})
			_, err := api.Update(t.Context(), update("+18015550100"))
			f, is := errors.AsType[*client.Error](err)
			if !is || f.Kind != want || !errors.Is(err, trouble) || f.Applied != client.AppliedNo {
				t.Errorf("got %v (%+v), want %s", err, f, want)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := api.Update(ctx, update("+18015550100")); !errors.Is(err, context.Canceled) {
				t.Errorf("an end of the caller's is told as %v", err)
			}
		}
		if n := len(server.arrivals()); n != 0 {
			t.Errorf("%d requests left", n)
		}
	})
}
