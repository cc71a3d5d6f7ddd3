package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
)

// inputChunk is how much of an input is a row, in bytes before they are packed.
const inputChunk = 1 << 20

// keepUnfinished is after what time an input whose run never came is removed.
const keepUnfinished = 24 * time.Hour

// takenInput is an input in the store that is no run's yet.
type takenInput struct {
	id     int64
	sha256 string
	bytes  int64
}

// takeInput reads an input to its end and keeps it, chunk by chunk.
func (s *Store) takeInput(ctx context.Context, source io.Reader) (takenInput, error) {
	in := takenInput{}
	if source == nil {
		source = bytes.NewReader(nil)
	}
	err := s.writer.do(false, func(t *transaction) (err error) {
		in.id, err = t.insert("INSERT INTO inputs (bytes, made_at) VALUES (0, ?)", record.Now())
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
		in.bytes += int64(size)
		hash.Write(chunk[:size])
		if err := s.keepChunk(in.id, n, chunk[:size]); err != nil {
			return in, err
		}
	}
	in.sha256 = hex.EncodeToString(hash.Sum(nil))
	return in, nil
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

// dropInput forgets an input whose run came to nothing. If that cannot be done
// now, an opening does it later.
func (s *Store) dropInput(in takenInput) {
	if in.id != 0 {
		_ = s.writer.do(false, func(t *transaction) error { return t.dropInput(in.id) })
	}
}

func (s *Store) keepChunk(input, n int64, chunk []byte) error {
	content, err := record.Compress(chunk)
	if err != nil {
		return err
	}
	return s.writer.do(false, func(t *transaction) error {
		return t.exec("INSERT INTO input_chunks (input, n, content, crc) VALUES (?, ?, ?, ?)", input, n, content, record.BlockSum(input, n, 0, content))
	})
}

// keepInput makes an input a run's: an equal one that is there already, or this.
func (t *transaction) keepInput(in takenInput) (id int64, err error) {
	err = t.row("SELECT id FROM inputs WHERE sha256 = ?", in.sha256).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return in.id, t.exec("UPDATE inputs SET sha256 = ?, bytes = ? WHERE id = ?", in.sha256, in.bytes, in.id)
	}
	if err != nil {
		return 0, err
	}
	return id, t.dropInput(in.id)
}

func (t *transaction) dropInput(id int64) error {
	if err := t.exec("DELETE FROM input_chunks WHERE input = ?", id); err != nil {
		return err
	}
	return t.exec("DELETE FROM inputs WHERE id = ?", id)
}

// Input writes the run's input as it was given.
func (s *Store) Input(ctx context.Context, run store.RunID, w io.Writer) error {
	name, err := s.live(ctx, run)
	if err != nil {
		return err
	}
	var id int64
	var want string
	err = s.reading.QueryRowContext(ctx, "SELECT i.id, coalesce(i.sha256, '') FROM runs u JOIN inputs i ON i.id = u.input WHERE u.id = ?", int64(run)).Scan(&id, &want)
	if err != nil {
		return s.unread(err)
	}
	hash := sha256.New()
	w = io.MultiWriter(w, hash)
	for n := int64(0); ; n++ {
		chunk, err := s.chunk(ctx, name, id, n)
		if err != nil {
			return err
		}
		if chunk == nil {
			break
		}
		if _, err := w.Write(chunk); err != nil {
			return fmt.Errorf("input: %w", err)
		}
	}
	if hex.EncodeToString(hash.Sum(nil)) != want {
		return s.damage(name, "its input")
	}
	return nil
}

// chunk reads a chunk of an input; nil: there are no more.
func (s *Store) chunk(ctx context.Context, run string, input, n int64) ([]byte, error) {
	var content []byte
	var crc int64
	err := s.reading.QueryRowContext(ctx, "SELECT content, crc FROM input_chunks WHERE input = ? AND n = ?", input, n).Scan(&content, &crc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, s.unread(err)
	}
	if crc != record.BlockSum(input, n, 0, content) {
		return nil, s.damage(run, "its input")
	}
	raw, err := record.Expand(content)
	if err != nil {
		return nil, s.damage(run, "its input")
	}
	return raw, nil
}
