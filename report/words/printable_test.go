package words_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/bulknum/bulknum/report/words"
)

// pieces takes writes, and keeps how many they were.
type pieces struct {
	bytes.Buffer
	n int
}

func (p *pieces) Write(b []byte) (int, error) {
	p.n++
	return p.Buffer.Write(b)
}

// What is not text becomes an escape, also where a piece ends in the middle of a character; JSON stays the same JSON.
func TestEscaped(t *testing.T) {
	for text, want := range map[string]string{
		"Jörg\t号\n":                "Jörg\t号\n",
		"\x1b[2J\a\r\x7f":          `\u001b[2J\u0007\u000d\u007f`,
		"\u009b31m":                `\u009b31m`,
		"\u202eevil\u2066\u2028":   `\u202eevil\u2066\u2028`,
		"\U000e0041":               `\udb40\udc41`,
		"a\x9b\xffb":               "a\ufffd\ufffdb",
		"a\u00a0b\ufeff\u200b\xc3": "a\u00a0b" + `\ufeff\u200b`,
	} {
		var whole, split pieces
		if n, err := words.Escaped(&whole).Write([]byte(text)); n != len(text) || err != nil || whole.String() != want || whole.n != 1 {
			t.Errorf("%q: got %q in %d pieces, %d, %v; want %q", text, whole.String(), whole.n, n, err, want)
		}
		w := words.Escaped(&split)
		for i := range len(text) {
			_, _ = w.Write([]byte{text[i]})
		}
		if split.String() != want {
			t.Errorf("%q byte by byte: got %q, want %q", text, split.String(), want)
		}
	}
	const text = "\u009b\u202e\U000e0041 \U0001f600\x7f"
	encoded, _ := json.Marshal(text)
	var out bytes.Buffer
	_, _ = words.Escaped(&out).Write(encoded)
	var got string
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got != text {
		t.Errorf("%s is %q, %v", out.String(), got, err)
	}
	if _, err := words.Escaped(failing{}).Write([]byte("x")); err == nil {
		t.Error("a writer that fails is not told of")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, bytes.ErrTooLarge }
