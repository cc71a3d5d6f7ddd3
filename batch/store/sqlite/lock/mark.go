package lock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/internal/safefile"
)

// Mark tells how far a store was when something was last done to an account. It
// lies in the state folder, outside the runs folder: whoever puts an older copy
// of the runs folder back does not put back the mark. It is written after each
// commit, before anybody hears of it, and never before: a mark that is ahead of
// its store means that the store has lost records.
type Mark struct {
	Sequence int64  `json:"sequence"`
	Store    string `json:"store"`
	// Place is the path of the database, without symbolic links.
	Place string `json:"place"`
}

const (
	markSuffix = ".mark"
	// syncMarks is how often a mark is synced: until then it outlives the process,
	// not the host.
	syncMarks = time.Second
)

// text writes the mark so that its sequence can be written over in place, within
// what a disk writes at once.
func (m Mark) text() []byte {
	place, err := json.Marshal(m.Place)
	if err != nil {
		place = []byte(`""`) // it never fails
	}
	return fmt.Appendf(nil, "%s,\"store\":%q,\"place\":%s}\n", m.head(), m.Store, place)
}

// head is what changes, and is always as long.
func (m Mark) head() []byte { return fmt.Appendf(nil, `{"sequence":%20d`, m.Sequence) }

// readMark reads a mark; the error of one that is not there matches
// [fs.ErrNotExist].
func readMark(path string) (Mark, error) {
	text, err := safefile.ReadOwn(path, safefile.SmallFile) //nolint:forbidigo // a mark
	if err != nil {
		return Mark{}, err
	}
	var m Mark
	if err := json.Unmarshal(text, &m); err != nil || m.Store == "" {
		return Mark{}, fmt.Errorf("%s is not as it was written", path)
	}
	return m, nil
}

// ReadMarks reads all marks of a state folder, by their paths.
func ReadMarks(state string) (map[string]Mark, error) {
	marks, unread, err := AllMarks(state)
	if err == nil && len(unread) > 0 {
		err = fmt.Errorf("%s is not as it was written", unread[0])
	}
	return marks, err
}

// AllMarks does the same, and gives the paths of those that cannot be read.
func AllMarks(state string) (marks map[string]Mark, unread []string, err error) {
	marks = map[string]Mark{}
	if state == "" {
		return marks, nil, nil
	}
	entries, err := os.ReadDir(state)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("marks: %w", err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), markSuffix) || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		path := filepath.Join(state, entry.Name())
		switch m, err := readMark(path); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			unread = append(unread, path)
		default:
			marks[path] = m
		}
	}
	return marks, unread, nil
}

// WriteMark writes a mark that outlives a loss of power, or replaces one.
func WriteMark(path string, m Mark) error {
	return safefile.Replace(path, disk.FileMode, func(w io.Writer) error { //nolint:forbidigo // a mark
		_, err := w.Write(m.text())
		return err
	})
}

// marks are those of the accounts that this process holds.
type marks struct {
	mu sync.Mutex
	of map[string]*heldMark // by path
}

// heldMark is the mark of a lock that is held.
type heldMark struct {
	path   string
	file   *os.File // nil: not there yet
	synced time.Time
	mark   Mark
}

// hold takes a mark's path from now on. stale is a mark that says something else
// of the store than what is so, such as its old path.
func (ms *marks) hold(path string, m Mark, exists, stale bool) error {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	h := &heldMark{path: path, mark: m}
	if exists && stale {
		if err := WriteMark(path, m); err != nil {
			return fmt.Errorf("mark: %w", err)
		}
	}
	if exists {
		if err := h.open(); err != nil {
			return err
		}
	}
	if ms.of == nil {
		ms.of = map[string]*heldMark{}
	}
	ms.of[path] = h
	return nil
}

// open opens the file to be written over.
func (h *heldMark) open() (err error) {
	h.file, err = safefile.OpenOwn(h.path, os.O_WRONLY, 0) //nolint:forbidigo // a mark
	if err != nil {
		return fmt.Errorf("mark: %w", err)
	}
	h.synced = time.Now()
	return nil
}

// advance writes how far the store is. deed tells that something was done to
// numbers: an account to which nothing was ever done has no mark.
func (ms *marks) advance(sequence int64, deed bool) error {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	for _, h := range ms.of {
		if h.file == nil && !deed {
			continue
		}
		if err := h.advance(sequence); err != nil {
			return fmt.Errorf("mark: %w", err)
		}
	}
	return nil
}

func (h *heldMark) advance(sequence int64) error {
	h.mark.Sequence = sequence
	if h.file == nil {
		if err := WriteMark(h.path, h.mark); err != nil {
			return err
		}
		return h.open()
	}
	if _, err := h.file.WriteAt(h.mark.head(), 0); err != nil {
		return err
	}
	if time.Since(h.synced) < syncMarks {
		return nil
	}
	h.synced = time.Now()
	return h.file.Sync()
}

// drop syncs marks and lets them go.
func (ms *marks) drop(paths ...string) {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	for _, path := range paths {
		if h := ms.of[path]; h != nil && h.file != nil {
			_ = h.file.Sync() // an older one tells less, and nothing wrong
			_ = h.file.Close()
		}
		delete(ms.of, path)
	}
}

// CureAccept is what helps where a store is not what it was, and what that gives up.
const CureAccept = "restore the newest backup of the whole runs folder; or `bulknum store accept-restored` goes on with what is there, and then nothing counts as unsent, unchanged or unprotected without a fresh reading"

// Compare refuses a store that is not what a mark says that it was. The marks were
// read before: the store can only have grown since.
func (m Mark) Compare(marks map[string]Mark) error {
	for _, was := range marks {
		switch {
		case was.Store == m.Store && was.Sequence > m.Sequence:
			return m.older(was)
		case was.Place == m.Place && was.Store != m.Store:
			return m.refused("is another one than the one that was here", CureAccept, nil)
		}
	}
	return nil
}

// CureGoOn is what lets a store be used that is another one than that of its account, or that was copied.
const CureGoOn = "`bulknum store accept-restored` goes on here, which gives up what that store knows"

// older refuses a store that has lost records.
func (m Mark) older(was Mark) error {
	why := fmt.Sprintf("is older than it was: its last %d records are missing", was.Sequence-m.Sequence)
	if was.Place != m.Place {
		why += ", as they are in " + was.Place
	}
	return m.refused(why, CureAccept, nil)
}

// refused is the store as it is not to be used.
func (m Mark) refused(why, cure string, err error) error {
	return &store.RefusedError{Place: m.Place, Why: why, Cure: cure, Err: err}
}

// Ours are the paths of the marks of this store and place, and of accounts.
func (m Mark) Ours(marks map[string]Mark, accounts []store.Account) (paths []string) {
	theirs := map[string]bool{}
	for _, a := range accounts {
		for _, name := range Names(a) {
			theirs[name+markSuffix] = true
		}
	}
	for path, was := range marks {
		if was.Store == m.Store || was.Place == m.Place || theirs[filepath.Base(path)] {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
