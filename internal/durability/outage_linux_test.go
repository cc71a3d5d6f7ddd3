package durability

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sector is what a disk writes at once.
const sector = 512

// kept says what of the writes that were not synced has reached the disk.
type kept int

const (
	keptNone kept = iota
	keptAll
	// keptFirst are those before some moment.
	keptFirst
	// keptSome are any of them, some torn.
	keptSome
	keptWays
)

func (k kept) String() string { return [...]string{"none", "all", "the first", "some"}[k] }

// outage is a loss of power: the moment, and by what luck things were kept.
type outage struct {
	at     int // the line of the trace
	how    kept
	random *rand.Rand
	// unsynced are files whose syncs did nothing; nil: there are none such.
	unsynced func(name string) bool
}

// leave writes what an outage leaves of the disk into its folder.
func (o outage) leave(d *disk) error { return o.leaveFolder(d.root, d.path) }

func (o outage) leaveFolder(i *inode, path string) error {
	names := o.namesOf(i)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		of, path := names[name], filepath.Join(path, name)
		if of.folder {
			if err := os.Mkdir(path, 0o700); err != nil {
				return err
			}
			if err := o.leaveFolder(of, path); err != nil {
				return err
			}
			continue
		}
		if strings.HasSuffix(name, "-shm") {
			continue // it is memory
		}
		if err := os.WriteFile(path, o.contentOf(name, of), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// namesOf is what a folder has: what was synced, and the first of later changes.
func (o outage) namesOf(i *inode) map[string]*inode {
	safe, later := o.divide(i, false)
	names := map[string]*inode{}
	switch o.how {
	case keptNone:
		later = nil
	case keptFirst, keptSome:
		later = later[:o.random.IntN(len(later)+1)]
	}
	for _, c := range append(slices.Clip(safe), later...) {
		for _, e := range c.names {
			if e.of == nil {
				delete(names, e.name)
			} else {
				names[e.name] = e.of
			}
		}
	}
	return names
}

// contentOf is what a file has: what was synced, and some of what was not.
func (o outage) contentOf(name string, i *inode) []byte {
	safe, later := o.divide(i, o.unsynced != nil && o.unsynced(name))
	var content []byte
	for _, c := range safe {
		content = c.onto(content)
	}
	first := o.random.IntN(len(later) + 1)
	for n, c := range later {
		switch o.how {
		case keptNone:
			continue
		case keptFirst:
			if n >= first {
				continue
			}
		case keptSome:
			if o.random.IntN(2) == 0 {
				continue
			}
			if len(c.data) > 0 && o.random.IntN(4) == 0 {
				content = o.torn(c, content)
				continue
			}
		}
		content = c.onto(content)
	}
	return content
}

// divide returns the changes before the last sync that had ended, and those after
// it that had begun.
func (o outage) divide(i *inode, unsynced bool) (safe, later []change) {
	synced := -1
	for _, s := range i.syncs {
		if s.ended < o.at && !unsynced {
			synced = max(synced, s.begun)
		}
	}
	for _, c := range i.changes {
		switch {
		case c.ended < synced:
			safe = append(safe, c)
		case c.begun < o.at:
			later = append(later, c)
		}
	}
	return safe, later
}

// onto makes the change to a content.
func (c change) onto(content []byte) []byte {
	if c.data == nil {
		return grown(content, c.at)[:c.at]
	}
	content = grown(content, c.at+int64(len(c.data)))
	copy(content[c.at:], c.data)
	return content
}

func grown(content []byte, size int64) []byte {
	if more := size - int64(len(content)); more > 0 {
		content = append(content, make([]byte, more)...)
	}
	return content
}

// torn makes a change of which some sectors are missing.
func (o outage) torn(c change, content []byte) []byte {
	for from := int64(0); from < int64(len(c.data)); {
		to := min(int64(len(c.data)), (c.at+from)/sector*sector+sector-c.at)
		if o.random.IntN(2) == 0 {
			content = change{at: c.at + from, data: c.data[from:to]}.onto(content)
		}
		from = to
	}
	return content
}
