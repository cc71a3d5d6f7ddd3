package settings

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	bom "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Lengths of a number in digits, without the plus sign.
const (
	minDigits  = 7  // the shortest in use: +683 and four digits
	maxDigits  = 15 // ITU-T E.164
	nanpDigits = 11 // +1 and ten digits, in North America
)

// Spellings of numbers by software that takes them for quantities.
var (
	scientific = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\+?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+$`)
	})
	fraction = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\+?[0-9]+[.,]0+$`) })
)

// ParseNumber checks that a phone number is written in E.164 form, a plus sign
// and up to 15 digits, and returns it. Nothing else is guessed into a number;
// the flaw's hint says how to write it.
func ParseNumber(value string) (string, *Flaw) {
	if digits, ok := strings.CutPrefix(value, "+"); ok && allDigits(digits) {
		if flaw := lengthFlaw(digits); flaw != nil {
			return "", flaw
		}
		return value, nil
	}
	return "", numberFlaw(value)
}

// lengthFlaw judges the digits after the plus sign.
func lengthFlaw(digits string) *Flaw {
	n := len(digits)
	switch {
	case strings.HasPrefix(digits, "00"):
		return wrong("has 00 after the +", suggest(digits[2:]))
	case digits[0] == '0':
		return wrong("no country code starts with 0", "write + and the country code")
	case digits[0] == '1' && n != nanpDigits:
		return wrong(fmt.Sprintf("has %s, a number of +1 has %d", count(n, "digit"), nanpDigits), "compare it with the source")
	case n < minDigits:
		return wrong(fmt.Sprintf("has only %s", count(n, "digit")), "write + and the country code before the number")
	case n > maxDigits:
		return wrong(fmt.Sprintf("has %d digits, the most there can be is %d", n, maxDigits), "compare it with the source")
	}
	return nil
}

// numberFlaw says which of the usual mistakes has been made. Those by which
// digits were lost come first: the others can be mended from the value.
func numberFlaw(value string) *Flaw {
	if len(value) > maxText {
		return unusable(value)
	}
	hint := suggest(keepDigits(value))
	switch {
	case value == "":
		return wrong("missing", "every row needs the number that it is about")
	case scientific().MatchString(value):
		return wrong("written in scientific notation by a spreadsheet", textColumn)
	case fraction().MatchString(value):
		whole, _, _ := strings.Cut(strings.ReplaceAll(value, ",", "."), ".")
		return wrong("ends in .0, as spreadsheets write numbers", suggest(keepDigits(whole))+", and format the column as text")
	case strings.HasPrefix(value, "'"):
		return wrong("starts with an apostrophe", hint)
	case strings.ContainsFunc(value, invisible):
		r, _ := utf8.DecodeRuneInString(value[strings.IndexFunc(value, invisible):])
		return wrong(fmt.Sprintf("contains the invisible character %U", r), hint)
	case strings.ContainsFunc(value, unicode.IsLetter):
		return wrong("contains letters", "write + and digits only, without words or extensions")
	case strings.ContainsAny(value, "()[]"):
		return wrong("contains brackets", suggest(keepDigits(strings.Replace(value, "(0)", "", 1))))
	case strings.ContainsFunc(value, separator):
		return wrong("contains spaces, dots or dashes", hint)
	case allDigits(value) && strings.HasPrefix(value, "00"):
		return wrong("starts with 00", hint)
	case allDigits(value):
		return wrong("the + is missing", hint)
	}
	return wrong("not a phone number", "write + and digits only: +18018018011")
}

// suggest tells how to write a number of which only the digits are trusted. A
// country code is never made up without saying so.
func suggest(digits string) string {
	digits = strings.TrimPrefix(digits, "00")
	switch {
	case len(digits) == nanpDigits-1 && digits[0] >= '2':
		return fmt.Sprintf("write + and the country code: +1%s if it is a number of North America", digits)
	case digits == "" || lengthFlaw(digits) != nil:
		return "write + and the country code, then the number, digits only: +18018018011"
	}
	return "write +" + digits
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func keepDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// separator tells what people write between groups of digits, in any typography.
func separator(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune("./−·", r)
}

func invisible(r rune) bool { return !unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// count renders a number of things: "1 digit", "10 digits".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// nationalDigits is how many digits a number of North America has without its
// country code: so many, without a +, are not taken for a number of elsewhere.
const nationalDigits = 10

// ParseAnyNumber reads a phone number, with its + or without; an error says why the text is none, and the cure.
func ParseAnyNumber(text string) (string, error) {
	number, flaw := ParseNumber(text)
	if flaw != nil && len(text) != nationalDigits {
		if with, none := ParseNumber("+" + text); none == nil {
			return with, nil
		}
	}
	if flaw != nil {
		return "", fmt.Errorf("%q is no phone number: %s: %s", text, flaw.Message, flaw.Hint)
	}
	return number, nil
}

// ErrNoNumbers tells of a list without numbers: an export that failed protects none.
var ErrNoNumbers = errors.New("there is no number in it")

// ParseNumbers reads numbers, one a line, in UTF-8, or in UTF-16 by its mark. Blank
// lines and those that start with # are passed over. All lines that are no numbers are
// told at once, in one error; a list without numbers is [ErrNoNumbers].
func ParseNumbers(r io.Reader) (map[string]struct{}, error) {
	numbers := map[string]struct{}{}
	var wrong []error
	lines := bufio.NewScanner(transform.NewReader(r, bom.BOMOverride(transform.Nop)))
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		number, flaw := ParseNumber(text)
		if flaw != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %q: %s", n, text, flaw.Message))
			continue
		}
		numbers[number] = struct{}{}
	}
	if err := errors.Join(append(wrong, lines.Err())...); err != nil || len(numbers) > 0 {
		return numbers, err
	}
	return nil, ErrNoNumbers
}
