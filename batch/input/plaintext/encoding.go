package plaintext

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Byte order marks, by which a file tells its encoding.
const (
	utf8Mark    = "\xef\xbb\xbf"
	utf16leMark = "\xff\xfe"
	utf16beMark = "\xfe\xff"
)

// decode returns the text of a file in UTF-8 and without a byte order mark. A
// mark is believed before the name of an encoding is.
func decode(r io.Reader, name string) (*textReader, error) {
	buffered := bufio.NewReaderSize(r, ReadSize)
	head, err := buffered.Peek(len(utf8Mark))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte(utf8Mark)):
		_, _ = buffered.Discard(len(utf8Mark)) // it has just been peeked at
		return newTextReader(buffered, "UTF-8"), nil
	case bytes.HasPrefix(head, []byte(utf16leMark)), bytes.HasPrefix(head, []byte(utf16beMark)):
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
		return newTextReader(transform.NewReader(buffered, utf16.NewDecoder()), "UTF-16"), nil
	case name == "":
		return newTextReader(buffered, "UTF-8"), nil
	}
	enc, err := encodingOf(name)
	if err != nil {
		return nil, err
	}
	if enc == unicode.UTF8 { // its decoder would replace what is invalid
		return newTextReader(buffered, "UTF-8"), nil
	}
	return newTextReader(transform.NewReader(buffered, enc.NewDecoder()), name), nil
}

// encodingOf finds an encoding by one of the names of the WHATWG Encoding
// Standard.
func encodingOf(name string) (encoding.Encoding, error) {
	enc, err := htmlindex.Get(name)
	if err != nil || enc == encoding.Replacement {
		return nil, &EncodingError{Name: name}
	}
	return enc, nil
}
