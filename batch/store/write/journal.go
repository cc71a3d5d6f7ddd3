package write

import (
	"errors"
	"fmt"
)

// journalLimit is how many jobs a journal has: what a standby lacks when it takes over is of the last seconds.
const journalLimit = 100_000

// journal has what this process has committed last, to commit it again where a server takes over that lacks it.
type journal struct {
	jobs []kept
	// committed is how many transactions were committed, forgotten the last of those that the journal had to forget, and highest
	// the store's last number.
	committed, forgotten, highest int64
}

// kept is a job that was committed.
type kept struct {
	*job
	// n is the transaction that committed it.
	n int64
}

// Errors of a server that lacks what this process has committed.
var (
	// ErrBack is a store that lacks what was committed, and that nobody took over.
	ErrBack = errors.New("it is older than it was a moment ago: a backup or another copy was put in its place")
	// ErrLost is what cannot be written again.
	ErrLost = errors.New("another server is in its place (a standby was promoted, or a copy was put there), which lacks what was recorded last," +
		" and this command cannot write all of it again; a new command compares it with what is known")
)

// add takes in jobs that were committed.
func (j *journal) add(group []*job, t *Tx) {
	j.highest = t.last
	numbered := t.last > t.began
	for _, one := range group {
		if one.keep == again || one.keep == once && numbered { // what took no number, such as a probe, nobody needs
			j.jobs = append(j.jobs, kept{one, t.n})
		}
	}
	over := len(j.jobs) - journalLimit
	if over <= 0 {
		return
	}
	for _, one := range j.jobs[:over] {
		j.forgotten = max(j.forgotten, one.n)
	}
	j.jobs = append([]kept(nil), j.jobs[over:]...)
}

// after are the jobs that a server lacks which has so many of the transactions.
func (j *journal) after(upto int64) (lost []kept, err error) {
	for i, one := range j.jobs {
		if one.n > upto {
			lost = j.jobs[i:]
			break
		}
	}
	for _, one := range lost {
		if one.keep == once {
			return nil, ErrLost
		}
	}
	if j.forgotten > upto {
		return nil, ErrLost
	}
	return lost, nil
}

// redo does lost jobs again, with numbers that were never used.
func redo(t *Tx, lost []kept, highest int64) error {
	if len(lost) == 0 {
		return nil
	}
	t.Reach(highest)
	for _, one := range lost {
		if err := one.do(t); err != nil {
			return fmt.Errorf("%w: %w", ErrLost, err)
		}
	}
	if err := t.flush(); err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return nil
}
