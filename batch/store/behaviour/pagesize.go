package behaviour

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/store"
)

// sized makes sure of how many numbers a page of an account can be asked to have.
func sized(t *testing.T, s Store, of store.AccountID, want int) {
	t.Helper()
	if size, err := s.PageSize(t.Context(), of); err != nil || size != want {
		t.Errorf("account %d: pages of %d, %v, want %d", of, size, err, want)
	}
}

// learntRateIs makes sure of the rate that was learnt for an account; "": none.
func learntRateIs(t *testing.T, s Store, of store.AccountID, want string) {
	t.Helper()
	if learnt, err := s.LearntRate(t.Context(), of); err != nil || learnt.Rate != want {
		t.Errorf("account %d: a rate of %v, %v, want %q", of, learnt.Rate, err, want)
	}
}

// What was found of an account's pages is kept for that account and that address, stays when the account gets its name or
// turns out to be another one, and can be forgotten.
func thePageSizeIsKept(t *testing.T, p Place) {
	s := Open(t, p)
	a, b := Account(t, s, "key a"), Account(t, s, "key b")
	elsewhere, err := s.Account(t.Context(), "https://elsewhere.example", "key a")
	Must(t, err)
	sized(t, s, a.ID, 0)
	Must(t, s.KeepPageSize(t.Context(), a.ID, 223))
	Must(t, s.KeepPageSize(t.Context(), b.ID, 500))
	sized(t, s, a.ID, 223)
	sized(t, s, elsewhere.ID, 0)
	sized(t, s, 99, 0)

	named, err := s.NameAccount(t.Context(), a, "ACC-1")
	Must(t, err)
	sized(t, s, named.ID, 223)
	merged, err := s.NameAccount(t.Context(), b, "ACC-1")
	Must(t, err)
	sized(t, s, merged.ID, 223)
	sized(t, s, b.ID, 223) // by who knows it by its old number
	Must(t, s.KeepPageSize(t.Context(), b.ID, 0))
	sized(t, s, merged.ID, 0)

	third := Account(t, s, "key c") // it brings what was found with it
	Must(t, s.KeepPageSize(t.Context(), third.ID, 1_000))
	_, err = s.NameAccount(t.Context(), third, "ACC-1")
	Must(t, err)
	sized(t, s, merged.ID, 1_000)

	learntRateIs(t, s, merged.ID, "")
	at := time.UnixMicro(1_764_000_000_000_000).UTC()
	Must(t, s.KeepLearntRate(t.Context(), b.ID, store.LearntRate{Rate: "588/m", At: at}))
	learntRateIs(t, s, merged.ID, "588/m")
	learntRateIs(t, s, elsewhere.ID, "")
	if learnt, err := s.LearntRate(t.Context(), merged.ID); err != nil || !learnt.At.Equal(at) {
		t.Errorf("learnt at %v, %v, want %v", learnt.At, err, at)
	}

	reader := openAs(t, p, true)
	sized(t, reader, merged.ID, 1_000)
	if err := reader.KeepPageSize(t.Context(), merged.ID, 1); err == nil {
		t.Error("a store that is only read keeps it")
	}
}
