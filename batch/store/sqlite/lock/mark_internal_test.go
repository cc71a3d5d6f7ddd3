package lock

import (
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func TestMarksAreTold(t *testing.T) {
	m := Mark{Sequence: 12, Store: "id", Place: "/runs/a \"b\"/bulknum.db"}
	path := filepath.Join(t.TempDir(), "account-1.mark")
	if err := WriteMark(path, m); err != nil {
		t.Fatal(err)
	}
	if got, err := readMark(path); err != nil || got != m {
		t.Errorf("got %+v, %v", got, err)
	}
	h := &heldMark{path: path, mark: m}
	if err := errors.Join(h.open(), h.advance(1<<40)); err != nil {
		t.Fatal(err)
	}
	h.synced = time.Time{}
	if err := errors.Join(h.advance(1<<41), h.file.Close()); err != nil {
		t.Fatal(err)
	}
	m.Sequence = 1 << 41
	if got, err := readMark(path); err != nil || got != m {
		t.Errorf("got %+v, %v", got, err)
	}
}
