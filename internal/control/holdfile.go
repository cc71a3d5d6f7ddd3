package control

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/internal/safefile"
)

// lookEvery is how often it is looked whether the hold file is there.
const lookEvery = time.Second

// holdName is the name of its hold.
const holdName = "hold file"

// WatchHoldFile holds a run as long as the file is there, which is looked at
// once before it returns, and each second until stop is called. The file is
// never made or removed. mask hides secrets in what its first line says.
func WatchHoldFile(path string, mask func(string) string, c *control.Control) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	look(path, mask, c)
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				look(path, mask, c)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		watching.Wait()
	}
}

// look holds the run, or lets it go. The errors are of runs that end anyway.
func look(path string, mask func(string) string, c *control.Control) {
	_, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		_ = c.EndHold(holdName)
	case err != nil: // it may be there
		_ = c.Hold(holdName, "the hold file cannot be looked at: "+printable(err.Error()))
	default:
		_ = c.Hold(holdName, "held by the file "+printable(path)+reason(path, mask))
	}
}

// reason is what the first line of the file says, if it was written by who may write there: the owner of its folder, or
// this user. A link is not followed, nor is a file read that has another name too: what it leads to may be a secret, and is
// told to everybody who watches.
func reason(path string, mask func(string) string) string {
	f, err := safefile.OpenOwn(path, os.O_RDONLY, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	folder, err1 := os.Stat(filepath.Dir(path))
	info, err2 := f.Stat()
	if err1 != nil || err2 != nil || !safefile.SameOwner(info, folder) || safefile.Links(info) != 1 {
		return ""
	}
	line, _ := bufio.NewReader(io.LimitReader(f, maxRequest)).ReadString('\n') // as far as there is one
	if line = printable(mask(line)); line == "" {
		return ""
	}
	return ": " + line
}
