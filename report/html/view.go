package html

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

// view is a page with what the template needs beside it.
type view struct {
	Page
	Policy   string
	Style    template.CSS
	Script   template.JS
	Limit    int
	template *template.Template
}

func newView(p Page) (*view, error) {
	style, err := files.ReadFile("style.css")
	if err != nil {
		return nil, err
	}
	script, err := files.ReadFile("script.js")
	if err != nil {
		return nil, err
	}
	t, err := template.New("").Funcs(template.FuncMap{"count": count}).ParseFS(files, "page.tmpl")
	if err != nil {
		return nil, err
	}
	return &view{
		Page:     p,
		Policy:   policy(style, script),
		Style:    template.CSS(style), //nolint:gosec // a file of this package
		Script:   template.JS(script), //nolint:gosec // a file of this package
		Limit:    RowLimit,
		template: t,
	}, nil
}

// policy allows the page its own style and script, and nothing else.
func policy(style, script []byte) string {
	return fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; img-src data:; base-uri 'none'; form-action 'none'",
		source(style), source(script))
}

// source names content by its hash, as a policy has it.
func source(content []byte) string {
	sum := sha256.Sum256(content)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (v *view) execute(w io.Writer, part string) error {
	if err := v.template.ExecuteTemplate(w, part, v); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}
