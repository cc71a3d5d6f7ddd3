package client_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// Whichever parameter a server knows a number by, it is found by it, and once that is known each reading is one request.
func TestHowANumberIsAskedFor(t *testing.T) {
	for query, first := range map[sandbox.NumberQuery]int{
		sandbox.QueryEither: 1, sandbox.QueryOne: 2, sandbox.QueryNumber: 2, sandbox.QueryPhoneNumber: 3, sandbox.QueryNothing: 3,
	} {
		t.Run(string(query), func(t *testing.T) {
			box, err := sandbox.New(sandbox.Config{Numbers: 1, OnlyInventory: true, Spelling: sandbox.Spelling{Query: query}})
			if err != nil {
				t.Fatal(err)
			}
			number, _ := box.InventoryNumber(0)
			inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				cfg.BaseURL = "http://localhost"
				c := newClient(t, cfg)
				readings := func() int { return box.Stats().Endpoints[sandbox.Number].Requests }
				_, err := c.Number(t.Context(), "+12025550199") // nothing is learnt from a number that is not there
				wantError(t, err, client.KindNotFound, client.AppliedNo)
				for i, want := range []int{first, 1, 1} {
					before := readings()
					if got, err := c.Number(t.Context(), number); err != nil || got.Number != number {
						t.Fatalf("reading %d: %+v, %v", i, got, err)
					}
					if made := readings() - before; made != want {
						t.Errorf("reading %d took %d requests, want %d", i, made, want)
					}
				}
				before := readings()
				_, err = c.Number(t.Context(), "+12025550199")
				wantError(t, err, client.KindNotFound, client.AppliedNo)
				if made := readings() - before; made != 1 {
					t.Errorf("a number that is not there took %d requests, want 1", made)
				}
			})
		})
	}
}

// Of readings side by side, one finds out by which name the server knows a number.
func TestOneReadingFindsOutForAll(t *testing.T) {
	const aside = 8
	box, err := sandbox.New(sandbox.Config{Numbers: aside, OnlyInventory: true, Latency: time.Second, Spelling: sandbox.Spelling{Query: sandbox.QueryPhoneNumber}})
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		c := newClient(t, cfg)
		var all sync.WaitGroup
		for i := range aside {
			number, _ := box.InventoryNumber(i)
			all.Go(func() {
				if got, err := c.Number(t.Context(), number); err != nil || got.Number != number {
					t.Errorf("%+v, %v", got, err)
				}
			})
		}
		all.Wait()
		if made := box.Stats().Endpoints[sandbox.Number].Requests; made != 2*aside+1 {
			t.Errorf("%d numbers took %d requests, want %d: one by both names each, one by the wrong name, and one by the right one each", aside, made, 2*aside+1)
		}
	})
}

// What says nothing of how it was asked is not asked for in another way.
func TestARefusedKeyIsNotAskedOtherwise(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) { fail(w, http.StatusForbidden) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		_, err := newClient(t, cfg).Number(t.Context(), testNumber)
		wantError(t, err, client.KindForbidden, client.AppliedNo)
		for _, a := range server.arrivals() {
			if a.path != "/mock/v1.0/numbers?Number=%2B18018018011&PhoneNumber=%2B18018018011" {
				t.Errorf("asked %s", a.path)
			}
		}
	})
}
