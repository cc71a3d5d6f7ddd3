package acceptance

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The map of the packages, and the table of changes.
const (
	architecture = "docs/architecture.md"
	contributing = "CONTRIBUTING.md"
)

// named is a file or folder of the project as the documents name it; one with NAME in
// it stands for many.
var named = regexp.MustCompile("`((?:batch|client|docs|internal|report)(?:/[a-z0-9_.]+)+|main\\.go|\\.golangci\\.yml)`")

// module is the path of the project's module.
const module = "github.com/bulknum/bulknum/"

// goPackage is a package of the module: what it imports of the module, its tests
// apart, and the first words of its comment.
type goPackage struct {
	imports []string
	comment string
}

// goPackages are those of the module, by their folders. Modules of their own are no
// part of it.
func goPackages(t *testing.T) map[string]*goPackage {
	t.Helper()
	found := map[string]*goPackage{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			_, err := os.Stat(filepath.Join(file, "go.mod"))
			if name == "testdata" || strings.HasPrefix(name, ".") && len(name) > 2 || err == nil && filepath.Clean(file) != filepath.Clean(root) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		p := found[filepath.ToSlash(folder)]
		if p == nil {
			p = &goPackage{}
			found[filepath.ToSlash(folder)] = p
		}
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		if source.Doc != nil {
			p.comment, _, _ = strings.Cut(source.Doc.Text(), "\n\n")
		}
		for _, spec := range source.Imports {
			if of, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module); ok && !strings.HasSuffix(name, "_test.go") {
				p.imports = append(p.imports, of)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// document is a document of the project.
func document(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(root + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// Every file and folder that the map and the table of changes name is there.
func TestWhatTheMapNamesIsThere(t *testing.T) {
	for _, name := range []string{architecture, contributing} {
		files := named.FindAllStringSubmatch(document(t, name), -1)
		for _, file := range files {
			if _, err := os.Stat(root + file[1]); err != nil {
				t.Errorf("%s names a file that is not there: %v", name, err)
			}
		}
		if len(files) < 20 {
			t.Errorf("in %s only %d files are found", name, len(files))
		}
	}
}

// The map has a place for every package, which imports only what stands below it.
func TestTheMapHasEveryPackage(t *testing.T) {
	text := document(t, architecture)
	if lines := strings.Count(text, "\n"); lines > 150 {
		t.Errorf("%s has %d lines", architecture, lines)
	}
	tables, _, _ := strings.Cut(text, "## The way of one row")
	code, _, _ := strings.Cut(tables, "| for tests only |")
	place := func(p string) int { return strings.Index(tables, "`"+p+"`") }
	all := goPackages(t)
	if len(all) < 40 {
		t.Fatalf("of the packages only %d are found", len(all))
	}
	for name, p := range all {
		switch {
		case name == ".":
			continue
		case place(name) < 0:
			t.Errorf("%s has no line for `%s`", architecture, name)
			continue
		case place(name) > len(code):
			continue // what serves tests is beside the others
		}
		for _, below := range p.imports {
			if place(below) < place(name) {
				t.Errorf("%s imports %s, which stands above it in %s", name, below, architecture)
			}
		}
	}
}

// The comment of every package begins with what the package is or has.
func TestCommentsOfPackages(t *testing.T) {
	for name, p := range goPackages(t) {
		begins := regexp.MustCompile(`^Package ` + path.Base(name) + ` (is|has) `)
		if name != "." && !begins.MatchString(p.comment) {
			t.Errorf("%s: the comment of the package begins %q, not with what it is or has", name, p.comment)
		}
	}
}
