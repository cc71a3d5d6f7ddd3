package postgres_test

import (
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/pgtest/network"
)

// through is the address of a store behind a network.
func through(t *testing.T, o postgres.Options) (*network.Network, postgres.Options) {
	t.Helper()
	host := between(string(o.Address), "@", "/")
	n, err := network.Between(host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	o.Address = postgres.Address(strings.Replace(string(o.Address), host, n.Address(), 1) + "?sslmode=disable")
	return n, o
}

// between is what is between two texts.
func between(text, a, b string) string {
	_, text, _ = strings.Cut(text, a)
	text, _, _ = strings.Cut(text, b)
	return text
}
