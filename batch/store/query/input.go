package query

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

// Input writes the run's input as it was given.
func (s *Reader) Input(ctx context.Context, run store.RunID, w io.Writer) error {
	name, err := s.pool.Live(ctx, run)
	if err != nil {
		return err
	}
	var id int64
	var want string
	err = s.pool.Row(ctx, "SELECT i.id, coalesce(i.sha256, '') FROM runs u JOIN inputs i ON i.id = u.input WHERE u.id = ?", int64(run)).Scan(&id, &want)
	if err != nil {
		return s.pool.Unread(err)
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
		return s.pool.Damage(name, "its input")
	}
	return nil
}

// chunk reads a chunk of an input; nil: there are no more.
func (s *Reader) chunk(ctx context.Context, run string, input, n int64) ([]byte, error) {
	var content []byte
	var crc int64
	err := s.pool.Row(ctx, "SELECT content, crc FROM input_chunks WHERE input = ? AND n = ?", input, n).Scan(&content, &crc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, s.pool.Unread(err)
	}
	if crc != record.BlockSum(input, n, 0, content) {
		return nil, s.pool.Damage(run, "its input")
	}
	raw, err := record.Expand(content)
	if err != nil {
		return nil, s.pool.Damage(run, "its input")
	}
	return raw, nil
}
