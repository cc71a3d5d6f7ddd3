package record

import (
	"database/sql"
	"encoding/json"
	"strings"
	"time"
)

// truth writes a boolean as a column has it.
func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Micros writes a time as a column has it; 0 is no time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Moment reads what micros wrote.
func Moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// DocumentColumn is a document as a column has it; none is NULL.
func DocumentColumn(doc json.RawMessage) any {
	return nullableText(Clean(string(doc)))
}

// Document reads what text wrote.
func Document(column sql.NullString) json.RawMessage {
	if !column.Valid {
		return nil
	}
	return json.RawMessage(column.String)
}

// Nullable is a number as a column has it; 0 is NULL.
func Nullable(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// Now is the time as it is stored.
func Now() int64 { return time.Now().UnixMicro() }

// Clean makes text from outside fit for every database: without NUL, and valid
// UTF-8.
func Clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// nullableText is a text as a column has it; "" is NULL.
func nullableText(text string) any {
	if text == "" {
		return nil
	}
	return text
}
