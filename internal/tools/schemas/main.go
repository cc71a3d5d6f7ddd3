// Command schemas writes docs/schemas: JSON Schemas of all that bulknum writes for programs, made from the types.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/bulknum/bulknum/internal/cli"
)

func main() {
	if err := write(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

// module is the path of bulknum's module.
const module = "github.com/bulknum/bulknum"

// write writes the schemas of the module in the first folder into the second one.
func write(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: schemas MODULE FOLDER")
	}
	into, err := filepath.Abs(args[1])
	if err != nil {
		return err
	}
	if err := os.Chdir(args[0]); err != nil { // comments are found by the path from here
		return err
	}
	r, err := reflector()
	if err != nil {
		return err
	}
	schemas := map[string]*jsonschema.Schema{"results.csv": resultsFile(r), "metrics": metricsSchema()}
	for name, document := range cli.Documents() {
		schemas[name] = r.Reflect(document)
	}
	if err := os.MkdirAll(into, 0o755); err != nil { //nolint:gosec // pages for everybody
		return err
	}
	for name, schema := range schemas {
		schema.ID = jsonschema.ID("https://" + module + "/docs/schemas/" + name + ".json")
		if err := save(filepath.Join(into, name+".json"), schema); err != nil {
			return err
		}
	}
	return nil
}

// reflector makes schemas as the types are encoded, with the comments of their fields.
func reflector() (*jsonschema.Reflector, error) {
	named, err := findConstants(".")
	if err != nil {
		return nil, err
	}
	r := &jsonschema.Reflector{ExpandedStruct: true, Mapper: named.schema, Namer: nameOf}
	for _, folder := range []string{"batch", "client", "report", "internal/cli"} {
		if err := r.AddGoComments(module, folder, jsonschema.WithFullComment()); err != nil {
			return nil, err
		}
	}
	for name, comment := range r.CommentMap {
		r.CommentMap[name] = plain(comment)
	}
	return r, nil
}

// nameOf is the name of a type's definition: packages have types of the same name.
func nameOf(t reflect.Type) string {
	if t.Name() == "" || t.PkgPath() == "" {
		return t.Name()
	}
	return path.Base(t.PkgPath()) + "." + t.Name()
}

// links are what comments write for the documentation of Go.
var links = regexp.MustCompile(`\[([A-Za-z.]+)\]`)

// plain is a comment as a description: on one line, without what is for the documentation of Go only.
func plain(comment string) string {
	return strings.Join(strings.Fields(links.ReplaceAllString(comment, "$1")), " ")
}

// save writes a schema.
func save(file string, schema *jsonschema.Schema) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(schema); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o644) //nolint:gosec // a page for everybody
}
