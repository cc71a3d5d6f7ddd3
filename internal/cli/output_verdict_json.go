package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/report/words"
)

// validateVersion is the version of the document of validate.
const validateVersion = 1

// ValidateDocument is what validate prints as JSON.
type ValidateDocument struct {
	ValidateHead
	// Problems are all of them, in the order of the file.
	Problems []input.Problem `json:"problems"`
	Verdict
}

// ValidateHead is what a [ValidateDocument] has before the problems.
type ValidateHead struct {
	// Version is the version of this document.
	Version int `json:"version"`
	// File is what people call the file.
	File string `json:"file"`
}

// verdictJSON is for programs: one document with all problems, none of which is
// kept. It begins with the first problem, or at the end.
type verdictJSON struct {
	out      *bufio.Writer // keeps its first error
	file     string
	begun    bool
	problems int
	buffer   bytes.Buffer
	encoder  *json.Encoder
}

func newVerdictJSON(w io.Writer, file string) *verdictJSON {
	j := &verdictJSON{out: bufio.NewWriter(w), file: file}
	j.encoder = json.NewEncoder(&j.buffer)
	j.encoder.SetEscapeHTML(false)
	return j
}

// begin writes what stands before the problems.
func (j *verdictJSON) begin() {
	if j.begun {
		return
	}
	j.begun = true
	head := j.encode(ValidateHead{validateVersion, j.file}, "")
	fmt.Fprintf(j.out, "%s,\n  \"problems\": [", bytes.TrimSuffix(head, []byte("\n}")))
}

func (j *verdictJSON) add(p input.Problem) {
	j.begin()
	p.Hint, p.Options = words.Hint(p), nil
	comma := ""
	if j.problems++; j.problems > 1 {
		comma = ","
	}
	fmt.Fprintf(j.out, "%s\n    %s", comma, j.encode(p, "    "))
}

// end writes the counts, which are known last. That nobody reads any more is no
// error: the exit code still tells.
func (j *verdictJSON) end(v Verdict) error {
	j.begin()
	if j.problems > 0 {
		fmt.Fprint(j.out, "\n  ")
	}
	fmt.Fprintf(j.out, "],%s\n", bytes.TrimPrefix(j.encode(v, ""), []byte("{")))
	return j.cut()
}

func (j *verdictJSON) cut() error {
	if err := j.out.Flush(); !errors.Is(err, syscall.EPIPE) {
		return err
	}
	return nil
}

// encode returns a value as JSON, good until the next call.
func (j *verdictJSON) encode(v any, indent string) []byte {
	j.buffer.Reset()
	j.encoder.SetIndent(indent, "  ")
	_ = j.encoder.Encode(v) // texts, numbers and booleans always encode
	return bytes.TrimSuffix(j.buffer.Bytes(), []byte("\n"))
}
