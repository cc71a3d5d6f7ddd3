// Package ahead is a reader that reads records in a goroutine of its own, some before they are asked for: one processor
// takes a file apart while another judges what is in it.
package ahead

// Limits of what is read before it is asked for: batches, and the records and bytes of one. Records are handed over by the
// batch, because to wait for another goroutine costs more than a record does.
const (
	batches      = 3
	batchRecords = 64
	batchBytes   = 256 << 10
)

// Reader reads records ahead.
type Reader[T any] struct {
	free chan *batch[T] // to be filled
	full chan *batch[T] // to be read, in order; closed behind the last one
	now  *batch[T]      // being read
	at   int            // of its records, the next one
}

// batch is some records, and the error behind them.
type batch[T any] struct {
	records []T // which are used again
	count   int // of those that were read
	err     error
}

// New begins to read. Read reads the next record into a used one, and returns its size in bytes, or the error behind the
// last record. It is called in another goroutine, until Close returns.
func New[T any](read func(*T) (size int, err error)) *Reader[T] {
	r := &Reader[T]{free: make(chan *batch[T], batches), full: make(chan *batch[T], batches), now: &batch[T]{}}
	for range batches - 1 { // now is one too
		r.free <- &batch[T]{}
	}
	go r.fill(read)
	return r
}

// Next returns the next record, in order, good until the next call; or the error behind the last one.
func (r *Reader[T]) Next() (*T, error) {
	for r.at == r.now.count {
		if r.now.err != nil {
			return nil, r.now.err
		}
		r.free <- r.now
		r.now, r.at = <-r.full, 0
	}
	r.at++
	return &r.now.records[r.at-1], nil
}

// Close ends the reading and waits for that. Next must not be called any more.
func (r *Reader[T]) Close() {
	close(r.free)
	for range r.full {
	}
}

// fill fills batches up to the error.
func (r *Reader[T]) fill(read func(*T) (int, error)) {
	defer close(r.full)
	for b := range r.free {
		b.fill(read)
		r.full <- b
		if b.err != nil {
			return
		}
	}
}

func (b *batch[T]) fill(read func(*T) (int, error)) {
	if b.records == nil {
		b.records = make([]T, batchRecords)
	}
	b.count = 0
	for bytes := 0; b.count < batchRecords && bytes < batchBytes; b.count++ {
		size, err := read(&b.records[b.count])
		if err != nil {
			b.err = err
			return
		}
		bytes += size
	}
}
