// Package dialect has what one database says otherwise than another. Each query is written once, with
// the words of a [Dialect] in it, and with ? for its values.
package dialect

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bulknum/bulknum/batch/store"
)

// Dialect is how a database wants to be asked, and what its errors mean.
type Dialect struct {
	// Numbered tells that values are $1, $2 and so on.
	Numbered bool
	// Indexed tells that a query may name the index that it goes by. A database that plans for itself is
	// not told.
	Indexed bool
	// Prepares tells that a statement is worth preparing once and for all: the driver does not keep it by itself.
	Prepares bool
	// Then joins two tables in the order in which they are named.
	Then string
	// Integers, Pairs and Texts are tables of what is in one value, a JSON list: of integers and of texts,
	// with the column value; of lists of two integers, with the columns a and b.
	Integers, Pairs, Texts string
	// NewestOfLine begins a query of results that gives the newest of each line, in their order:
	// line, sequence, status; and LineByLine ends it.
	NewestOfLine, LineByLine string
	// Greatest is the function that gives the largest of its values.
	Greatest string
	// Sequence asks for the store's sequence; whoever has asked is the only one to write until the transaction ends.
	Sequence string
	// Count notes how many transactions a writer has committed: the values are its name and that number. By it the writer knows
	// what a server has of its own after a crash, or after another one took over. "": neither can be.
	Count string
	// Fence notes that something of an account is about to leave, if the account is at an epoch: the values are both. It changes
	// nothing where somebody else has taken the account, which nobody can do from then on until the transaction ends. "": nobody
	// else can have it at all.
	Fence string
	// Together executes statements of the writer's connection in one round trip, and returns how many rows each has changed;
	// nil: the database is no network away, and each statement goes by itself.
	Together func(ctx context.Context, conn *sql.Conn, all []Statement) (changed []int64, err error)
	// LeaveOut leaves the ids of a table up to one to nobody. exec returns how many rows were changed.
	LeaveOut func(exec func(query string, args ...any) (int64, error), table string, last int64) error
	// LastID asks for the last id that a table has given.
	LastID string
	// RowKey is the column by which rows without a sequence are found within their run.
	RowKey string
	// Snapshot is a transaction that sees the store as it is at one moment.
	Snapshot sql.TxOptions

	// Damaged is an error of records that are not as they were written; Rejected, of what was to be
	// recorded and not of the store; Taken, that it is there already; Forbidden, of a role that may not
	// do it: nil: there are no roles.
	Damaged, Rejected, Taken, Forbidden func(error) bool
}

// Statement is one with its values, bound.
type Statement struct {
	Query string
	Args  []any
}

// Refused is an error of a statement; what is forbidden matches [store.ErrForbidden].
func (d *Dialect) Refused(err error) error {
	if err == nil || d.Forbidden == nil || !d.Forbidden(err) {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrForbidden, err)
}

// Bind spells the values of a query.
func (d *Dialect) Bind(query string) string {
	if !d.Numbered {
		return query
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		query = after
	}
}

// By is an index that a query goes by; "" is none: the table.
func (d *Dialect) By(index string) string {
	switch {
	case !d.Indexed:
		return ""
	case index == "":
		return " NOT INDEXED"
	default:
		return " INDEXED BY " + index
	}
}

// Unread is an error of reading a store: what is damaged is told apart.
func (d *Dialect) Unread(place string, err error) error {
	switch {
	case err == nil:
		return nil
	case d.Damaged(err):
		return &store.DamagedError{Place: place, Run: store.AnyRun, What: "the file (" + err.Error() + ")"}
	case refused(err): // which names the store
		return err
	default:
		return fmt.Errorf("the store %s: %w", place, d.Refused(err))
	}
}

// refused reports whether an error is of a store that is not to be used.
func refused(err error) bool {
	_, is := errors.AsType[*store.RefusedError](err)
	return is
}
