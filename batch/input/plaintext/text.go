package plaintext

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch/option"
)

// textReader lets text through until the first place that is not text, where
// it ends with a mistake that tells line and column (in characters).
type textReader struct {
	r        io.Reader
	encoding string
	asTold   bool // whatever it is, it goes through

	buf     []byte
	half    []byte // a character that the last piece cut in two
	ready   []byte // checked, to be handed out
	err     error  // what follows ready
	line    int    // where ready ends
	columns int    // characters of that line
}

func newTextReader(r io.Reader, encoding string) *textReader {
	return &textReader{r: r, encoding: encoding, buf: make([]byte, ReadSize), line: 1}
}

func (t *textReader) Read(p []byte) (int, error) {
	for len(t.ready) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		t.fill()
	}
	n := copy(p, t.ready)
	t.ready = t.ready[n:]
	return n, nil
}

// fill reads the next piece and checks it. A character that is cut in two by
// the end of the piece waits for the next one.
func (t *textReader) fill() {
	half := copy(t.buf, t.half)
	n, err := t.r.Read(t.buf[half:])
	piece := t.buf[:half+n]
	good := len(piece)
	if !t.asTold && !isText(piece) {
		good = firstBad(piece)
	}
	t.advance(piece[:good])
	t.ready, t.err = piece[:good], err
	rest := piece[good:]
	if len(rest) > 0 && (utf8.FullRune(rest) || errors.Is(err, io.EOF)) {
		t.err = t.invalid(rest)
		return
	}
	t.half = append(t.half[:0], rest...)
}

// isText is the fast way to see that nothing is wrong.
func isText(piece []byte) bool {
	return utf8.Valid(piece) && bytes.IndexByte(piece, 0) < 0 && !bytes.Contains(piece, []byte("\uFFFD"))
}

// firstBad returns where the first character that is not text begins.
func firstBad(piece []byte) int {
	for i := 0; i < len(piece); {
		r, size := utf8.DecodeRune(piece[i:])
		if r == utf8.RuneError || r == 0 {
			return i
		}
		i += size
	}
	return len(piece)
}

func (t *textReader) advance(text []byte) {
	if n := bytes.Count(text, []byte("\n")); n > 0 {
		t.line += n
		t.columns = 0
		text = text[bytes.LastIndexByte(text, '\n')+1:]
	}
	t.columns += utf8.RuneCount(text)
}

func (t *textReader) invalid(rest []byte) error {
	at := fmt.Sprintf("column %d", t.columns+1)
	switch {
	case rest[0] == 0:
		return mistake(t.line, at+": a zero byte", "if the file is UTF-16, name its encoding, utf-16le or utf-16be", option.Encoding)
	case t.encoding != "UTF-8":
		return mistake(t.line, fmt.Sprintf("%s: not a character of %s", at, t.encoding),
			"name the encoding that the file was saved in", option.Encoding)
	case bytes.HasPrefix(rest, []byte("\uFFFD")):
		return mistake(t.line, at+": a replacement character: an earlier conversion has lost what stood there",
			"export the file again from its source")
	}
	return mistake(t.line, fmt.Sprintf("%s: the byte 0x%02X is not UTF-8", at, rest[0]),
		"save the file as UTF-8, or name its encoding, such as windows-1252", option.Encoding)
}
