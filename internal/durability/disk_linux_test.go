package durability

import (
	"fmt"
	"path/filepath"
	"strings"
)

// disk is a folder as a program has changed it, call by call, with all that a
// loss of power could leave of it.
type disk struct {
	path string // of the folder
	root *inode
	open map[int64]*description
}

// inode is a file or a folder, under whatever name.
type inode struct {
	folder bool
	// names are what a folder has by now.
	names   map[string]*inode
	size    int64
	changes []change
	syncs   []span
}

// span is from which to which line of the trace something went.
type span struct{ begun, ended int }

// change is one of a file's content, or of a folder's names.
type change struct {
	span
	// data is written at an offset; nil: the file is cut, or made longer.
	at   int64
	data []byte
	// entry is, in a folder, what a name stands for now; nil: nothing.
	names []entry
}

type entry struct {
	name string
	of   *inode
}

// description is a file that is open.
type description struct {
	of     *inode
	at     int64
	append bool
}

func newDisk(path string) *disk {
	return &disk{path: path, root: newFolder(), open: map[int64]*description{}}
}

func newFolder() *inode { return &inode{folder: true, names: map[string]*inode{}} }

// apply does what a call has done. Calls on what is not in the folder are none.
func (d *disk) apply(c call) error {
	switch c.name {
	case "open", "openat":
		return d.opened(c)
	case "close":
		fd, err := c.number(0)
		delete(d.open, fd)
		return err
	case "mkdir", "mkdirat", "unlink", "unlinkat", "rmdir":
		return d.named(c)
	case "rename", "renameat", "renameat2":
		return d.renamed(c)
	}
	fd, err := c.number(0)
	if err != nil {
		return err
	}
	f := d.open[fd]
	if f == nil {
		return nil
	}
	switch c.name {
	case "write", "pwrite64":
		return f.written(c)
	case "lseek":
		f.at = int64(c.ret)
		return nil
	case "fallocate":
		size, err := c.number(3)
		f.of.cut(c, size)
		return err
	case "ftruncate":
		size, err := c.number(1)
		f.of.cut(c, size)
		return err
	case "fsync", "fdatasync":
		f.of.syncs = append(f.of.syncs, span{c.begun, c.ended})
		return nil
	default:
		return fmt.Errorf("%s of a file that is looked at is not known here: %v", c.name, c.args[0])
	}
}

// opened takes a file that was opened, and made if need be.
func (d *disk) opened(c call) error {
	path, flags := 1, 2
	if c.name == "open" {
		path, flags = 0, 1
	}
	dir, name, ok, err := d.find(c, path-1, path)
	delete(d.open, int64(c.ret))
	if err != nil || !ok {
		return err
	}
	of := dir.names[name]
	if name == "" {
		of = dir
	}
	if of == nil {
		if !c.flag(flags, "O_CREAT") {
			return nil // made by somebody else, such as a socket
		}
		of = &inode{}
		dir.set(c, entry{name, of})
	}
	if c.flag(flags, "O_TRUNC") && of.size > 0 {
		of.cut(c, 0)
	}
	d.open[int64(c.ret)] = &description{of: of, append: c.flag(flags, "O_APPEND")}
	return nil
}

// named makes a folder, or removes a name.
func (d *disk) named(c call) error {
	base := 0
	if strings.HasSuffix(c.name, "at") {
		base = 1
	}
	dir, name, ok, err := d.find(c, base-1, base)
	if err != nil || !ok {
		return err
	}
	if strings.HasPrefix(c.name, "mkdir") {
		dir.set(c, entry{name, newFolder()})
	} else if dir.names[name] != nil {
		dir.set(c, entry{name, nil})
	}
	return nil
}

// renamed moves a name within its folder.
func (d *disk) renamed(c call) error {
	from, to, dirs := 1, 3, []int{0, 2}
	if c.name == "rename" {
		from, to, dirs = 0, 1, []int{-1, -1}
	}
	dir, name, ok, err := d.find(c, dirs[0], from)
	if err != nil || !ok {
		return err
	}
	other, anew, ok, err := d.find(c, dirs[1], to)
	if err != nil {
		return err
	}
	if !ok || other != dir {
		return fmt.Errorf("%s to another folder is not known here: %s", c.name, name)
	}
	dir.set(c, entry{name, nil}, entry{anew, dir.names[name]})
	return nil
}

// find returns the folder and the name that a path of a call stands for; ok is
// false when it is elsewhere. Of the disk's own folder the name is "".
func (d *disk) find(c call, within, arg int) (dir *inode, name string, ok bool, err error) {
	text, err := c.bytes(arg)
	if err != nil {
		return nil, "", false, err
	}
	path := string(text)
	if within >= 0 && !filepath.IsAbs(path) {
		from, err := c.within(within)
		if err != nil {
			return nil, "", false, err
		}
		path = filepath.Join(from, path)
	}
	path, err = filepath.Rel(d.path, path)
	if err != nil || !filepath.IsLocal(path) {
		return nil, "", false, err
	}
	dir = d.root
	parts := strings.Split(path, "/")
	for _, part := range parts[:len(parts)-1] {
		if dir = dir.names[part]; dir == nil {
			return nil, "", false, nil
		}
	}
	name = parts[len(parts)-1]
	if name == "." {
		return d.root, "", true, nil
	}
	return dir, name, true, nil
}

// set changes names of a folder, all at once.
func (i *inode) set(c call, names ...entry) {
	for _, e := range names {
		if e.of == nil {
			delete(i.names, e.name)
		} else {
			i.names[e.name] = e.of
		}
	}
	i.changes = append(i.changes, change{span: span{c.begun, c.ended}, names: names})
}

// cut sets a file's size.
func (i *inode) cut(c call, size int64) {
	i.size = size
	i.changes = append(i.changes, change{span: span{c.begun, c.ended}, at: size})
}

// written takes what was written to a file.
func (f *description) written(c call) error {
	data, err := c.bytes(1)
	if err != nil || c.ret == 0 {
		return err
	}
	data = data[:c.ret]
	at := f.at
	switch {
	case c.name == "pwrite64":
		if at, err = c.number(3); err != nil {
			return err
		}
	case f.append:
		at = f.of.size
		fallthrough
	default:
		f.at = at + int64(len(data))
	}
	f.of.size = max(f.of.size, at+int64(len(data)))
	f.of.changes = append(f.of.changes, change{span: span{c.begun, c.ended}, at: at, data: data})
	return nil
}
