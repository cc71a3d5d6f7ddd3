package main

import (
	"encoding"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/bulknum/bulknum/batch/settings"
)

// constants are the values of types that are texts of which there are a few, by the type's path and name.
type constants map[string][]any

// findConstants finds those of the packages below a folder.
func findConstants(folder string) (constants, error) {
	found := constants{}
	err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		in := path.Join(module, filepath.ToSlash(filepath.Dir(file)))
		for _, d := range source.Decls {
			if of, ok := d.(*ast.GenDecl); ok && of.Tok == token.CONST {
				found.add(in, of)
			}
		}
		return nil
	})
	return found, err
}

// add takes in the texts of a declaration that are of a type of their own.
func (c constants) add(in string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		value, _ := spec.(*ast.ValueSpec)
		of, named := value.Type.(*ast.Ident)
		if !named {
			continue
		}
		for _, v := range value.Values {
			literal, ok := v.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				continue
			}
			if text, err := strconv.Unquote(literal.Value); err == nil {
				c[in+"."+of.Name] = append(c[in+"."+of.Name], text)
			}
		}
	}
}

// of are the values that a type has; none: any.
func (c constants) of(t reflect.Type) []any {
	if t.Kind() != reflect.String {
		return nil
	}
	return c[t.PkgPath()+"."+t.Name()]
}

// textMarshaler is what is encoded as a text.
var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// schema is that of a type whose Go type says less than what it is encoded as; nil: it says all.
func (c constants) schema(t reflect.Type) *jsonschema.Schema {
	text := &jsonschema.Schema{Type: "string"}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return nil
	case t == reflect.TypeFor[time.Duration]():
		return &jsonschema.Schema{Type: "integer", Title: "nanoseconds"}
	case t == reflect.TypeFor[settings.Settings]():
		return &jsonschema.Schema{Type: "object", PropertyNames: &jsonschema.Schema{Enum: fields()}, AdditionalProperties: text}
	case t.Implements(textMarshaler) && t.Kind() != reflect.Pointer:
		return text
	case len(c.of(t)) > 0:
		return &jsonschema.Schema{Type: "string", Enum: c.of(t)}
	case t.Kind() != reflect.Map || len(c.of(t.Key())) == 0:
		return nil
	}
	object := &jsonschema.Schema{Type: "object", PropertyNames: &jsonschema.Schema{Enum: c.of(t.Key())}}
	switch t.Elem().Kind() {
	case reflect.Int, reflect.Int64:
		object.AdditionalProperties = &jsonschema.Schema{Type: "integer"}
	case reflect.String:
		object.AdditionalProperties = text
	default:
	}
	return object
}

// fields are the names of what a row can set.
func fields() (names []any) {
	for _, f := range settings.Fields() {
		names = append(names, f.Name)
	}
	return names
}
