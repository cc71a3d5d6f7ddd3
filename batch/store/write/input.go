package write

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"

	"github.com/bulknum/bulknum/batch/store/record"
)

// inputChunk is how much of an input is a row, in bytes before they are packed.
const inputChunk = 1 << 20

// Input is an input in the store that is no run's yet.
type Input struct {
	ID     int64
	SHA256 string
	Bytes  int64
}

// TakeInput reads an input to its end and keeps it, chunk by chunk.
func (w *Writer) TakeInput(ctx context.Context, source io.Reader) (Input, error) {
	in := Input{}
	if source == nil {
		source = bytes.NewReader(nil)
	}
	err := w.Do(false, func(t *Tx) (err error) {
		in.ID, err = t.InsertInput(0, 0)
		return err
	})
	if err != nil {
		return in, err
	}
	hash, chunk := sha256.New(), make([]byte, inputChunk)
	for n := int64(0); ; n++ {
		size, err := readUntil(ctx, source, chunk)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return in, err
		}
		if size == 0 {
			break
		}
		in.Bytes += int64(size)
		hash.Write(chunk[:size])
		if err := w.keepChunk(in.ID, n, chunk[:size]); err != nil {
			return in, err
		}
	}
	in.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return in, nil
}

// inputs is the table of inputs that are no run's yet.
var inputs = record.Table{Name: "inputs", Columns: []string{"id", "bytes", "made_at"}}

// InsertInput enters an input without a hash, under a number; 0: the next.
func (t *Tx) InsertInput(id, size int64) (int64, error) {
	return t.Insert(&inputs, record.Record{record.Nullable(id), size, record.Now()})
}

// readUntil is [io.ReadFull] until the context ends. A read that hangs then, of an
// input that never comes, is left behind with the chunk.
func readUntil(ctx context.Context, source io.Reader, chunk []byte) (int, error) {
	type outcome struct {
		size int
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		size, err := io.ReadFull(source, chunk)
		done <- outcome{size, err}
	}()
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case o := <-done:
		return o.size, o.err
	}
}

func (w *Writer) keepChunk(input, n int64, chunk []byte) error {
	content, err := record.Compress(chunk)
	if err != nil {
		return err
	}
	return w.Do(false, func(t *Tx) error {
		return t.Exec("INSERT INTO input_chunks (input, n, content, crc) VALUES (?, ?, ?, ?)", input, n, content, record.BlockSum(input, n, 0, content))
	})
}

// keepInput makes an input a run's: an equal one that is there already, or this.
func (t *Tx) keepInput(in Input) (id int64, err error) {
	err = t.Row("SELECT id FROM inputs WHERE sha256 = ?", in.SHA256).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return in.ID, t.Exec("UPDATE inputs SET sha256 = ?, bytes = ? WHERE id = ?", in.SHA256, in.Bytes, in.ID)
	}
	if err != nil {
		return 0, err
	}
	return id, t.DropInput(in.ID)
}

// DropInput removes an input with its chunks.
func (t *Tx) DropInput(id int64) error {
	if err := t.Exec("DELETE FROM input_chunks WHERE input = ?", id); err != nil {
		return err
	}
	return t.Exec("DELETE FROM inputs WHERE id = ?", id)
}
