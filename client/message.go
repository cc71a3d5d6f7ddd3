package client

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

const maxMessage = 200 // characters

var (
	htmlTag = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)>|<[^>]*>`)
	// What looks like a token is masked even when it is none that we know.
	anyToken = regexp.MustCompile(`(?i:bearer)(?:\s|%20|\+)+[^\s"',;]+|eyJ[\w-]{8,}(?:\.[\w-]*)*`)
)

// masker hides what a server may echo of a request: the key, the secret and the token.
type masker []*strings.Replacer

func newMasker(secrets ...string) masker {
	var pairs []string
	for _, secret := range secrets {
		if len(secret) < 4 {
			continue // a text this short is in every message, and masking it would tell it
		}
		for _, form := range forms(secret) {
			pairs = append(pairs, form, masked)
		}
	}
	return masker{strings.NewReplacer(pairs...)}
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

// Mask makes a text from outside fit to print: its first line, without control
// characters and secrets, of at most 200 characters.
func Mask(text string, secrets ...string) string { return newMasker(secrets...).line(text) }

// line makes a server's text fit to print: its first line, without control
// characters and secrets, of at most maxMessage characters.
func (m masker) line(text string) string {
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		if plain := htmlTag.ReplaceAllString(text, "\n"); strings.TrimSpace(plain) != "" {
			text = html.UnescapeString(plain)
		}
	}
	text, _, _ = strings.Cut(strings.TrimSpace(strings.ReplaceAll(text, "\r", "\n")), "\n")
	text = strings.Map(printable, strings.ToValidUTF8(text, "\ufffd"))
	// Masked before it is cut, or the cut would leave half a secret.
	for _, replacer := range m {
		text = replacer.Replace(text)
	}
	text = anyToken.ReplaceAllString(text, masked)
	return cut(strings.TrimSpace(text))
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

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxMessage {
		return string(runes[:maxMessage-1]) + "…"
	}
	return text
}

// describe fills in what a body says about a failure, in either of the API's shapes:
// {"StatusCode","Message"}, or problem details {"Title","Detail","Errors","TraceId"}.
func (e *Error) describe(rep reply) {
	m := rep.mask
	body, ok := parseObject(rep.body)
	if !ok {
		e.Message = m.line(string(rep.body))
	} else {
		e.Message = m.line(said(body))
		e.Fields = fieldErrors(body, m)
		e.TraceId = m.line(body.text("TraceId"))
	}
	if e.Message == "" {
		e.Message = strings.ToLower(http.StatusText(rep.status))
		if strings.TrimSpace(string(rep.body)) == "" {
			e.Message = strings.TrimPrefix(e.Message+", with an empty body", ", ")
		}
	}
	if where := rep.header.Get("Location"); where != "" {
		e.Message = m.line(fmt.Sprintf("redirected to %s, which is not followed", where))
	}
}

func said(body object) string {
	message, title, detail := body.text("Message"), body.text("Title"), body.text("Detail")
	switch {
	case message != "":
		return message
	case title != "" && detail != "":
		return title + ": " + detail
	default:
		return title + detail
	}
}

// fieldErrors reads {"$.Number":["…"]}; a lone text in place of the list is taken too.
func fieldErrors(body object, m masker) map[string][]string {
	raw, _ := body.find("Errors")
	var byField map[string]json.RawMessage
	if json.Unmarshal(raw, &byField) != nil || len(byField) == 0 {
		return nil
	}
	fields := make(map[string][]string, len(byField))
	for name, value := range byField {
		var texts []string
		if json.Unmarshal(value, &texts) != nil {
			texts = []string{string(value)}
		}
		for i, text := range texts {
			texts[i] = m.line(text)
		}
		fields[m.line(name)] = texts
	}
	return fields
}
