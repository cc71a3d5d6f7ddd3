package rundir

import (
	"context"
	"syscall"
	"time"
)

// lockFile is the lock on a run's folder, held by whoever writes in it.
const lockFile = "lock"

// noSignal only asks whether a process could be sent one (kill(2)).
const noSignal = syscall.Signal(0)

// Lock takes the folder for this process, see [TakeLock].
func (d *Dir) Lock(ctx context.Context, me Holder, wait time.Duration) (err error) {
	d.lock, err = TakeLock(ctx, d.File(lockFile), me, wait)
	return err
}

// Unlock lets the folder go. It is harmless when it was not taken.
func (d *Dir) Unlock() { d.lock.Release() }

// Holder returns who works in the folder, if anybody does.
func (d *Dir) Holder() (Holder, bool) { return Held(d.File(lockFile)) }
