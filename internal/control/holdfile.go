package control

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/control"
)

// lookEvery is how often it is looked whether the hold file is there.
const lookEvery = time.Second

// holdName is the name of its hold.
const holdName = "hold file"

// WatchHoldFile holds a run as long as the file is there, which is looked at
// once before it returns, and each second until stop is called. The file is
// never made or removed.
func WatchHoldFile(path string, c *control.Control) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	look(path, c)
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				look(path, c)
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
func look(path string, c *control.Control) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		_ = c.EndHold(holdName)
	case err != nil: // it may be there
		_ = c.Hold(holdName, "the hold file cannot be looked at: "+printable(err.Error()))
	default:
		_ = c.Hold(holdName, "held by the file "+printable(path)+reason(path, info))
	}
}

// reason is what the first line of the file says.
func reason(path string, info os.FileInfo) string {
	if !info.Mode().IsRegular() { // a pipe, say, would not be read to an end
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	line, _ := bufio.NewReader(io.LimitReader(f, maxRequest)).ReadString('\n') // as far as there is one
	if line = printable(line); line == "" {
		return ""
	}
	return ": " + line
}
