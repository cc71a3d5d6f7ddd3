package store

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/result"
)

// Store is every run there has been. It is safe for concurrent use. What it
// cannot read it refuses: an error is never an empty answer.
type Store interface {
	// Place is what people call the store, such as the path of its file.
	Place() string
	// Size is how many bytes its files have; 0 when that cannot be told.
	Size() int64
	// ID is random, and given once, when the store is made.
	ID() string
	// Close ends it. What was appended is committed by then.
	Close() error

	// Account finds the account of a key at an address of the API, or enters it.
	Account(ctx context.Context, api, key string) (Account, error)
	// NameAccount remembers who the API says the key's account is. Where another
	// key has said the same before, both are one account from then on, with the
	// runs of both.
	NameAccount(ctx context.Context, a Account, name string) (Account, error)
	// PageSize is how many numbers a page of the account's inventory can be asked to
	// have, as [Store.KeepPageSize] was told; 0: nothing was found.
	PageSize(ctx context.Context, account AccountID) (int, error)
	KeepPageSize(ctx context.Context, account AccountID, size int) error
	// LearntRate is the rate that stays below the account's limit, and when that was
	// learnt, as [Store.KeepLearntRate] was told; the zero rate: nothing was.
	LearntRate(ctx context.Context, account AccountID) (LearntRate, error)
	KeepLearntRate(ctx context.Context, account AccountID, learnt LearntRate) error
	// Lock keeps everybody else from working with the account. What is held is
	// waited for; after that the error is a [LockedError].
	Lock(ctx context.Context, a Account, me Holder, wait time.Duration) (Lock, error)
	// LockRun does the same for one run, and Holder says who has it.
	LockRun(ctx context.Context, run RunID, me Holder, wait time.Duration) (Lock, error)
	Holder(run RunID) (Holder, bool)

	// NewRun enters a run with its input, which is read to its end. Its name must
	// be new in the store: otherwise the error matches [ErrExists].
	NewRun(ctx context.Context, r NewRun) (Run, error)
	// Run finds a run by its name. The error of one that is not there matches
	// [ErrNotFound].
	Run(ctx context.Context, name string) (Run, error)
	// Runs lists runs, the newest first. Those that are damaged are told by an error
	// that is a [DamagedError] for each, beside the others.
	Runs(ctx context.Context, f RunFilter) ([]Run, error)
	// Milestones are those of a run, in their order.
	Milestones(ctx context.Context, run RunID) ([]Milestone, error)
	// Input writes the run's input as it was given.
	Input(ctx context.Context, run RunID, w io.Writer) error

	// Append commits records of a run, together, and returns when they are safe.
	// What several callers append at a time is committed at once. It has no
	// context: what has happened must be recorded, also while the run ends. Its
	// error is a [BrokenError]: nothing more can be recorded by this process.
	Append(run RunID, records ...Record) error

	// PlanRows gives what each row of a run would do, as [PlanBlock] had it, in
	// the input's order. A row is valid until the next one.
	PlanRows(ctx context.Context, run RunID) iter.Seq2[[]byte, error]
	// PlanRowsOf gives the rows of one number, by run: of the runs of a filter
	// that have it.
	PlanRowsOf(ctx context.Context, f RunFilter, number string) iter.Seq2[RunRow, error]
	// WaveOf tells in which wave each row is sent, by line; empty: in none.
	WaveOf(ctx context.Context, run RunID) (map[int]int, error)
	// Readings gives what was read for a run of the numbers that are wanted, in the
	// order in which it was read; nil: of all, with the pages that were read.
	Readings(ctx context.Context, run RunID, wanted func(number string) bool) iter.Seq2[Reading, error]
	// Outcomes gives how every row stands that was sent or concluded: its newest
	// result, or that its intent has none. The order is that of the lines.
	Outcomes(ctx context.Context, run RunID) iter.Seq2[Outcome, error]
	// Results gives the newest results of the rows on some lines, both included,
	// in the order of the lines.
	Results(ctx context.Context, run RunID, from, to int) ([]Result, error)
	// RowFacts is what is known of some rows, be they of many runs. What is damaged is
	// told with its row, and hides no other.
	RowFacts(ctx context.Context, rows []RowOf) (map[RowOf]RowFacts, error)
	// Requests gives every attempt and wait, in the order in which they were noted.
	Requests(ctx context.Context, run RunID) iter.Seq2[Request, error]
	// Verified gives the last reading of each row's number after it was sent, in
	// the order of the lines.
	Verified(ctx context.Context, run RunID) iter.Seq2[Verified, error]
	// Skipped are the rows of another run that a rollback leaves as they are.
	Skipped(ctx context.Context, run RunID) ([]Skipped, error)

	// Writes gives what runs did to numbers, or may have done: of each number in
	// the order in which it was done.
	Writes(ctx context.Context, f WriteFilter) iter.Seq2[Write, error]
	// Gaps are the moments at which somebody may have done anything to any number
	// of an account, unrecorded: such as before a restored copy was accepted.
	Gaps(ctx context.Context, account AccountID) ([]Gap, error)

	// Delete forgets a run: at once for all who ask, and then bit by bit.
	Delete(ctx context.Context, run RunID) error
}

// Outcome is how a row stands that was sent or concluded.
type Outcome struct {
	Line int
	// Status is that of the newest result; [result.Unknown] when the row is Open.
	Status result.Status
	// Open tells that the newest intent has no result: the request may have left.
	Open bool
}

// RowOf is a row of a run, by its line.
type RowOf struct {
	Run  RunID
	Line int
}

// RowFacts is what is known of a row.
type RowFacts struct {
	// Steps are the run's milestones [Began], [Ended] and [Late].
	Steps []Milestone
	// Result is the newest one, Verified the last reading afterwards; nil: there is
	// none.
	Result   *Result
	Verified *Verified
	// Err is a [DamagedError] where some of it is not as it was written.
	Err error
}
