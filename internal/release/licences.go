package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licencesName is the file of an archive that has the licences.
const licencesName = "THIRD-PARTY-LICENSES.txt"

// licenceFile is the name of a file with a licence, or with what a licence asks to be passed on.
var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|patents|authors)([-._].*)?$`)

// licences are those of all that a program is made of, in one text: of Go itself, and of each module that go list names
// for the system, with the licences that single packages of it have of their own.
func (r *release) licences(ctx context.Context, p platform) ([]byte, error) {
	goRoot, err := r.command(ctx, p, "go", "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	root := strings.Fields(string(goRoot))
	list, err := r.command(ctx, p, "go", "list", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}", ".")
	if err != nil {
		return nil, err
	}
	folders := map[string]map[string]bool{"Go " + root[1]: {root[0]: true}} // with licences, by module
	tops := map[string]string{"Go " + root[1]: root[0]}
	for line := range strings.Lines(string(list)) {
		words := strings.Split(strings.TrimSpace(line), "\t")
		if len(words) != 3 {
			continue
		}
		module, top, dir := words[0], words[1], words[2]
		if tops[module] == "" {
			tops[module], folders[module] = top, map[string]bool{}
		}
		for ; strings.HasPrefix(dir, top); dir = filepath.Dir(dir) { // its own, and those above it
			folders[module][dir] = true
		}
	}
	text := bytes.NewBufferString("bulknum is made of the following, under their licences. Its own is LICENSE.\n")
	for _, module := range slices.Sorted(maps.Keys(folders)) {
		if err := add(text, module, tops[module], slices.Sorted(maps.Keys(folders[module]))); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// add adds the licences in the folders of a module.
func add(text *bytes.Buffer, module, top string, dirs []string) error {
	found := false
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if !entry.Type().IsRegular() || !licenceFile.MatchString(entry.Name()) || filepath.Ext(entry.Name()) == ".go" {
				continue
			}
			content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
			if err != nil {
				return err
			}
			name, err := filepath.Rel(top, filepath.Join(dir, entry.Name()))
			if err != nil {
				return err
			}
			found = true
			fmt.Fprintf(text, "\n%s\n%s, %s\n%[1]s\n\n%s\n", strings.Repeat("=", 80), module, filepath.ToSlash(name), bytes.TrimSpace(content))
		}
	}
	if !found {
		return fmt.Errorf("%s has no licence in %s", module, top)
	}
	return nil
}
