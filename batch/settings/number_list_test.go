package settings_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"github.com/bulknum/bulknum/batch/settings"
)

// A list is read in the encodings that its mark tells, and one without numbers protects
// nothing: it is no list.
func TestParseNumbersByMark(t *testing.T) {
	const list = "+18015550100\r\n# a note\r\n+18015550101\r\n"
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(list)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"plain": list, "UTF-8 with a mark": "\uFEFF" + list, "UTF-16": utf16} {
		numbers, err := settings.ParseNumbers(strings.NewReader(text))
		if _, first := numbers["+18015550100"]; err != nil || len(numbers) != 2 || !first {
			t.Errorf("%s: %v, %v", name, numbers, err)
		}
	}
	for _, text := range []string{"", "\uFEFF", "\n\n", "# an export that failed\n"} {
		if _, err := settings.ParseNumbers(strings.NewReader(text)); !errors.Is(err, settings.ErrNoNumbers) {
			t.Errorf("%q: %v, want %v", text, err, settings.ErrNoNumbers)
		}
	}
}
