package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/store/write"
)

// pagesAtATime is how many pages are given back to the disk at a time.
const pagesAtATime = 500

// shrink gives the pages that nothing is in any more back to the disk, some at a
// time: another process that wants to write waits no longer than for these.
func (s *Store) shrink(ctx context.Context) error {
	for {
		var free int64
		began := time.Now()
		err := s.Writer.Do(false, func(t *write.Tx) error {
			if err := t.Row("PRAGMA freelist_count").Scan(&free); err != nil || free == 0 {
				return err
			}
			return t.Through(fmt.Sprintf("PRAGMA incremental_vacuum(%d)", pagesAtATime)) // each step of it is a page
		})
		if err != nil || free <= pagesAtATime {
			return s.Writer.Unsaved(err)
		}
		if err := write.Pause(ctx, time.Since(began)); err != nil {
			return err
		}
	}
}
