package postgres

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/write"
)

// Append commits records of a run. The answers among those that it does not take, because the account was taken over, are kept
// as evidence.
func (s *Store) Append(run store.RunID, records ...store.Record) error {
	err := s.Database.Append(run, records...)
	if _, taken := errors.AsType[*takenError](err); !taken && !errors.Is(err, write.ErrFenced) {
		return err
	}
	late, unwritten := lateAnswers(records)
	if unwritten == nil && len(late) > 0 {
		unwritten = appendUnlocked(s.o, s.Place(), run, late)
	}
	if unwritten != nil {
		s.o.notice("an answer came after the run was taken over, and could not be kept as evidence: " + unwritten.Error())
	} else if len(late) > 0 {
		s.o.notice("an answer came after the run was taken over: it is kept as evidence, and shown by report and history")
	}
	return err
}

// lateAnswers are the answers among records that their row's result does not wait for any more.
func lateAnswers(records []store.Record) (late []store.Record, err error) {
	me := store.Myself("", "")
	for _, r := range records {
		answer, is := r.(*store.Result)
		if !is || answer.HTTPStatus == 0 {
			continue
		}
		doc, err := json.Marshal(result.LateAnswer{Host: me.Host, PID: me.PID, Result: answer.Result})
		if err != nil {
			return nil, err
		}
		late = append(late, &store.Milestone{Kind: store.Late, At: time.Now(), Doc: doc})
	}
	return late, nil
}

// appendUnlocked commits records by a connection that has no locks, as far as the server is there.
func appendUnlocked(o Options, place string, run store.RunID, records []store.Record) error {
	c, err := o.Address.config()
	if err != nil {
		return err
	}
	unlocked := &session{
		db: connect(c, toWrite), patience: newPatience(context.Background(), drain),
		retake: func(context.Context, *sql.Conn, bool) error { return nil }, name: rand.Text(),
	}
	writer := write.Start(write.Options{
		Place: place, Dialect: &words, Session: unlocked, Name: unlocked.name, Limit: unlocked.ofTransaction,
		Committed: func(int64, bool) error { return nil },
	})
	return errors.Join(writer.Append(run, records...), writer.Close())
}
