package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/export"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/internal/testextent"
)

// exportOf is what export writes of a sandbox.
func exportOf(t *testing.T, fake *sandbox.Sandbox) string {
	t.Helper()
	transport, stop := pipenet.Listen().Serve(fake)
	defer stop()
	reader, err := client.NewReader(client.Config{
		BaseURL:     "http://localhost",
		Credentials: client.Credentials{AccountKey: sandboxKey, AccountSecret: client.NewSecret(sandboxSecret)},
		Transport:   transport,
		Rate:        client.Unlimited,
	})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := export.Export(context.Background(), export.Config{Reader: reader}, &file); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// A copy of an inventory is exported as the inventory was, however the API
// spells it.
func TestACopyIsTheSame(t *testing.T) {
	words := []string{"yes-no", "lower-case", "two-names", "product-type", "no-filler", "no-subscriber", "old-prefixes", "empty-string", "empty-absent"}
	path := filepath.Join(t.TempDir(), "inventory.csv")
	a := &app{Streams: Streams{Err: io.Discard}}
	if err := testextent.Checks(200); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfDistinct(rapid.SampledFrom(words), rapid.ID).Draw(rt, "spelling")
		spelling, err := sandbox.ParseSpelling(strings.Join(append([]string{"current"}, list...), ","))
		if err != nil {
			rt.Fatal(err)
		}
		config := sandbox.Config{Seed: rapid.Int64().Draw(rt, "seed"), Numbers: 40, PageSize: 25, Spelling: spelling}
		original, err := newFake(t.Context(), a.Streams, config, "")
		if err != nil {
			rt.Fatal(err)
		}
		before := exportOf(t, original)
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			rt.Fatal(err)
		}
		config.Seed++
		twin, err := newFake(t.Context(), a.Streams, config, path)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(before, exportOf(t, twin)); diff != "" {
			rt.Error(diff)
		}
	})
}

// A long export says now and then how far it is.
func TestALongExportTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told bytes.Buffer
		a := &app{Streams: Streams{Err: &told}}
		tell := a.exporting()
		for page := range 6 {
			tell(export.Result{Read: page * 1000, Written: page * 500, Total: 9812})
			<-time.After(15 * time.Second)
		}
		want := "exported 1,000 of 9,812 numbers\nexported 2,000 of 9,812 numbers\n"
		if diff := cmp.Diff(want, told.String()); diff != "" {
			t.Error(diff)
		}
	})
}
