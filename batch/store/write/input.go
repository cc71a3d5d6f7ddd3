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
	hash, chunk := sha256.New(), &bytes.Buffer{}
	for n := int64(0); ; n++ {
		err := readUntil(ctx, source, chunk)
		if err != nil && !errors.Is(err, io.EOF) {
			return in, err
		}
		if chunk.Len() == 0 {
			break
		}
		in.Bytes += int64(chunk.Len())
		hash.Write(chunk.Bytes())
		if err := w.keepChunk(in.ID, n, chunk.Bytes()); err != nil {
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

// readUntil reads the next chunk, until the context ends. It grows with what is read, because most inputs are small. A
// read that hangs when the context ends, of an input that never comes, is left behind with the chunk.
func readUntil(ctx context.Context, source io.Reader, chunk *bytes.Buffer) error {
	chunk.Reset()
	done := make(chan error, 1)
	go func() {
		_, err := io.CopyN(chunk, source, inputChunk)
		done <- err
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case err := <-done:
		return err
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
