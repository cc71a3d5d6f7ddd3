package html

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/bulknum/bulknum/report/page/chart"
	"github.com/bulknum/bulknum/report/words"
)

// view is a page with what the template needs beside it.
type view struct {
	Page
	Policy   string
	Reader   string
	Style    template.CSS
	Script   template.JS
	Limit    int
	template *template.Template
}

func newView(p Page) (*view, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"count":    words.Count,
		"words":    func(text string) []string { return strings.Split(text, " ") },
		"unbroken": unbroken,
	}).Parse(page + chart.Template)
	if err != nil {
		return nil, err
	}
	return &view{
		Page:     p,
		Policy:   Policy(p.Live),
		Reader:   ReaderPlace,
		Style:    template.CSS(style), //nolint:gosec // a file of this package
		Script:   template.JS(script), //nolint:gosec // a file of this package
		Limit:    RowLimit,
		template: t,
	}, nil
}

// unbroken is the class of a word that browsers would break after a hyphen: an arrow, or what is as long as an id.
func unbroken(word string) string {
	const long = 16
	switch {
	case word == "->":
		return "whole"
	case len(word) >= long && strings.Contains(word, "-"):
		return "id"
	default:
		return ""
	}
}

// ReaderPlace stands in a live page, before any value, where its server puts the name and the key of each page that is
// loaded: by them the page knows that what it is told later comes from the same process.
const ReaderPlace = "the-name-and-key-of-this-page"

// Policy allows a page its own style and script, a live one to ask the server
// that it came from, and nothing else.
func Policy(live bool) string {
	policy := fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; img-src data:; base-uri 'none'; form-action 'none'",
		source(style), source(script))
	if live {
		policy += "; connect-src 'self'"
	}
	return policy
}

// source names content by its hash, as a policy has it.
func source(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (v *view) execute(w io.Writer, part string) error {
	if err := v.template.ExecuteTemplate(w, part, v); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}
