package sqlite_test

import (
	"testing"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

// sized makes sure of how many numbers a page of an account can be asked to have.
func sized(t *testing.T, s *sqlite.Store, of store.AccountID, want int) {
	t.Helper()
	if size, err := s.PageSize(t.Context(), of); err != nil || size != want {
		t.Errorf("account %d: pages of %d, %v, want %d", of, size, err, want)
	}
}

// What was found of an account's pages is kept for that account and that address, stays when the account gets its name or
// turns out to be another one, and can be forgotten.
func TestPageSizeIsKept(t *testing.T) {
	o := inFolder(t)
	s := open(t, o)
	a, b := account(t, s, "key a"), account(t, s, "key b")
	elsewhere, err := s.Account(t.Context(), "https://elsewhere.example", "key a")
	must(t, err)
	sized(t, s, a.ID, 0)
	must(t, s.KeepPageSize(t.Context(), a.ID, 223))
	must(t, s.KeepPageSize(t.Context(), b.ID, 500))
	sized(t, s, a.ID, 223)
	sized(t, s, elsewhere.ID, 0)
	sized(t, s, 99, 0)

	named, err := s.NameAccount(t.Context(), a, "ACC-1")
	must(t, err)
	sized(t, s, named.ID, 223)
	merged, err := s.NameAccount(t.Context(), b, "ACC-1")
	must(t, err)
	sized(t, s, merged.ID, 223)
	sized(t, s, b.ID, 223) // by who knows it by its old number
	must(t, s.KeepPageSize(t.Context(), b.ID, 0))
	sized(t, s, merged.ID, 0)

	third := account(t, s, "key c") // it brings what was found with it
	must(t, s.KeepPageSize(t.Context(), third.ID, 1_000))
	_, err = s.NameAccount(t.Context(), third, "ACC-1")
	must(t, err)
	sized(t, s, merged.ID, 1_000)

	must(t, s.Close())
	o.ReadOnly = true
	s = open(t, o)
	sized(t, s, merged.ID, 1_000)
	if err := s.KeepPageSize(t.Context(), merged.ID, 1); err == nil {
		t.Error("a store that is only read keeps it")
	}
}
