// Package mask is the hiding of secrets in what servers say, which is shown on one line.
package mask

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Hidden stands in place of a secret.
const Hidden = "***"

const maxMessage = 200 // characters

var (
	htmlTag = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)>|<[^>]*>`)
	// What looks like a token is masked even when it is none that we know.
	anyToken = regexp.MustCompile(`(?i:bearer)(?:\s|%20|\+)+[^\s"',;]+|eyJ[\w-]{8,}(?:\.[\w-]*)*`)
)

// Masker hides what a server may echo of a request: the key, the secret and the token.
type Masker []replacer

// replacer hides some secrets. A text that is shorter than the shortest form of one has none in it.
type replacer struct {
	*strings.Replacer
	shortest int
}

// New is a masker of secrets. A text of less than 4 characters is none.
func New(secrets ...string) Masker {
	var pairs []string
	shortest := math.MaxInt
	for _, secret := range secrets {
		if len(secret) < 4 {
			continue // a text this short is in every message, and masking it would tell it
		}
		for _, form := range forms(secret) {
			pairs = append(pairs, form, Hidden)
			shortest = min(shortest, len(form))
		}
	}
	return Masker{{strings.NewReplacer(pairs...), shortest}}
}

// forms are the ways in which a text is written in JSON, addresses, HTML and Go,
// in hexadecimal digits and in base64.
func forms(text string) []string {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string always can be
	quoted, _ := json.Marshal(text)
	unquoted := strings.Trim(strings.TrimSpace(plain.String()), `"`)
	var all []string
	for _, form := range []string{
		text, strings.Trim(string(quoted), `"`), unquoted, strings.ReplaceAll(unquoted, "/", `\/`), strings.Trim(strconv.Quote(text), `"`),
	} {
		all = append(all, form, url.QueryEscape(form), url.PathEscape(form), html.EscapeString(form))
	}
	all = append(all, hex.EncodeToString([]byte(text)))
	for before := range 3 {
		all = append(all, inBase64(base64.RawStdEncoding, text, before), inBase64(base64.RawURLEncoding, text, before))
	}
	return all
}

// inBase64 is what the base64 of a longer text has of this one, after so many
// bytes of a group of three.
func inBase64(encoding *base64.Encoding, text string, before int) string {
	encoded := encoding.EncodeToString([]byte("\x00\x00"[:before] + text))
	first := (8*before + 5) / 6 // that has no bit of what is before
	return encoded[first : (before+len(text))*8/6]
}

// Hide returns a text without the secrets in it.
func (m Masker) Hide(text string) string {
	for _, r := range m {
		if len(text) >= r.shortest {
			text = r.Replace(text)
		}
	}
	return text
}

// Line makes a server's text fit to print: its first line, without control
// characters and secrets, of at most maxMessage characters.
func (m Masker) Line(text string) string {
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		if plain := htmlTag.ReplaceAllString(text, "\n"); strings.TrimSpace(plain) != "" {
			text = html.UnescapeString(plain)
		}
	}
	if !isPlain(text) {
		text, _, _ = strings.Cut(strings.TrimSpace(strings.ReplaceAll(text, "\r", "\n")), "\n")
		text = strings.Map(printable, strings.ToValidUTF8(text, "\ufffd"))
	}
	// Masked before it is cut, or the cut would leave half a secret.
	if text = m.Hide(text); mayHaveToken(text) {
		text = anyToken.ReplaceAllString(text, Hidden)
	}
	return Cut(strings.TrimSpace(text))
}

// isPlain reports whether a text is one line of printable ASCII, as nearly all are.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// mayHaveToken reports whether it is worth looking for one: it is not in nearly every text.
func mayHaveToken(text string) bool {
	const bearer = "bearer"
	for i := strings.IndexAny(text, "bB"); 0 <= i && i <= len(text)-len(bearer); i++ {
		if strings.EqualFold(text[i:i+len(bearer)], bearer) {
			return true
		}
	}
	return strings.Contains(text, "eyJ")
}

func printable(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp): // Cf turns the direction of writing
		return -1
	default:
		return r
	}
}

// Cut shortens a text to 200 characters.
func Cut(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	if runes := []rune(text); len(runes) > maxMessage {
		return string(runes[:maxMessage-1]) + "…"
	}
	return text
}
