package acceptance

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The limits of a package, without its tests: what one can hold in one's head.
const (
	maxFiles   = 30
	maxLines   = 3_000
	maxMethods = 30
	maxCycle   = 10
)

// flat packages have one file for each of many alike things: internal/cli one for
// each command.
var flat = []string{"internal/cli"}

// TestHouse keeps packages small, and their files from referring to one another all
// around.
func TestHouse(t *testing.T) {
	for _, dir := range packages(t) {
		p := readPackage(t, dir)
		if !slices.Contains(flat, dir) && (len(p.files) > maxFiles || p.lines > maxLines) {
			t.Errorf("%s has %d files and %d lines, at most %d and %d", dir, len(p.files), p.lines, maxFiles, maxLines)
		}
		for name, methods := range p.methods() {
			if methods > maxMethods {
				t.Errorf("%s: %s has %d methods, at most %d", dir, name, methods, maxMethods)
			}
		}
		for _, cycle := range cycles(p.references()) {
			if len(cycle) > maxCycle {
				t.Errorf("%s: %d files refer to one another, at most %d: %s", dir, len(cycle), maxCycle, strings.Join(cycle, " "))
			}
		}
	}
}

// TestOptionsHaveOneHome keeps the names of flags out of all texts but those of
// internal/cli: others take them from batch/option.
func TestOptionsHaveOneHome(t *testing.T) {
	flag := regexp.MustCompile(`--[a-z]`)
	for _, dir := range packages(t) {
		if !strings.HasPrefix(dir, "batch") && !strings.HasPrefix(dir, "report") && !strings.HasPrefix(dir, "client") {
			continue
		}
		p := readPackage(t, dir)
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				text, ok := n.(*ast.BasicLit)
				if ok && text.Kind == token.STRING && flag.MatchString(strings.ReplaceAll(text.Value, "tar --zstd", "")) {
					t.Errorf("%s/%s names a flag: %s", dir, p.set.Position(n.Pos()), text.Value)
				}
				return true
			})
		}
	}
}

// packages are the folders of the module that have Go files.
func packages(t *testing.T) []string {
	t.Helper()
	dirs := map[string]bool{}
	err := fs.WalkDir(os.DirFS(root), ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || file == ".":
			return err
		case entry.IsDir():
			_, module := os.Stat(filepath.Join(root, file, "go.mod"))
			if strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || module == nil {
				return fs.SkipDir
			}
		case strings.HasSuffix(file, ".go"):
			dirs[path.Dir(file)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(dirs))
}

// housePackage is a package without its tests.
type housePackage struct {
	set *token.FileSet
	// files are all of them, and built those of this platform.
	files, built []*ast.File
	lines        int
}

func readPackage(t *testing.T, dir string) *housePackage {
	t.Helper()
	p := &housePackage{set: token.NewFileSet()}
	dir = filepath.Join(root, dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(p.set, entry.Name(), text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		p.files, p.lines = append(p.files, file), p.lines+bytes.Count(text, []byte{'\n'})
		built, err := build.Default.MatchFile(dir, entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		if built {
			p.built = append(p.built, file)
		}
	}
	return p
}

// methods counts those of each type.
func (p *housePackage) methods() map[string]int {
	of := map[string]int{}
	for _, file := range p.built {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				of[receiver(f.Recv.List[0].Type)]++
			}
		}
	}
	return of
}

// receiver is the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	default:
		return types.ExprString(e)
	}
}

// references are, for each file, the files whose package-level names or methods it
// uses. Of other packages nothing is known here: a method of what comes from one is
// not seen.
func (p *housePackage) references() map[string]map[string]bool {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: noPackages{}, Error: func(error) {}, FakeImportC: true}
	pkg, _ := config.Check("house", p.set, p.built, info) // the errors are of what is not imported
	of := map[string]map[string]bool{}
	for use, o := range info.Uses {
		if o.Pkg() != pkg || !isDeclaration(o, pkg) {
			continue
		}
		from, to := p.set.Position(use.Pos()).Filename, p.set.Position(o.Pos()).Filename
		if of[from] == nil {
			of[from] = map[string]bool{}
		}
		of[from][to] = true
	}
	return of
}

// isDeclaration reports whether something is a package-level name or a method.
func isDeclaration(o types.Object, pkg *types.Package) bool {
	if o.Parent() == pkg.Scope() {
		return true
	}
	f, ok := o.(*types.Func)
	return ok && f.Signature().Recv() != nil
}

// noPackages imports packages that have nothing.
type noPackages struct{}

func (noPackages) Import(name string) (*types.Package, error) {
	base := path.Base(name)
	if major := strings.TrimLeft(base, "v0123456789"); major == "" {
		base = path.Base(path.Dir(name))
	}
	pkg := types.NewPackage(name, base)
	pkg.MarkComplete()
	return pkg, nil
}

// cycles are the files that refer to one another, directly or by others (Tarjan's
// strongly connected components).
func cycles(references map[string]map[string]bool) (all [][]string) {
	index, low, on := map[string]int{}, map[string]int{}, map[string]bool{}
	var stack []string
	var visit func(file string)
	visit = func(file string) {
		index[file] = len(index) + 1
		low[file] = index[file]
		stack, on[file] = append(stack, file), true
		for to := range references[file] {
			if index[to] == 0 {
				visit(to)
				low[file] = min(low[file], low[to])
			} else if on[to] {
				low[file] = min(low[file], index[to])
			}
		}
		if low[file] != index[file] {
			return
		}
		first := slices.Index(stack, file)
		cycle := slices.Sorted(slices.Values(stack[first:]))
		for _, member := range cycle {
			on[member] = false
		}
		stack, all = stack[:first], append(all, cycle)
	}
	for file := range references {
		if index[file] == 0 {
			visit(file)
		}
	}
	return all
}

func TestHouseSeesCycles(t *testing.T) {
	p := &housePackage{set: token.NewFileSet()}
	for name, text := range map[string]string{
		"a.go": "package p; type a struct{}; func (a) one() { b() }",
		"b.go": "package p; import \"fmt\"; func b() { fmt.Println(c) }",
		"c.go": "package p; var c = func() { var x a; x.two() }",
		"d.go": "package p; func (a) two() { a{}.one() }",
		"e.go": "package p; func e() { b(); f() }",
		"f.go": "package p; func f() { b := 1; _ = b }",
	} {
		file, err := parser.ParseFile(p.set, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		p.built = append(p.built, file)
	}
	got := cycles(p.references())
	slices.SortFunc(got, slices.Compare)
	if want := "[[a.go b.go c.go d.go] [e.go] [f.go]]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if n := p.methods()["a"]; n != 2 {
		t.Errorf("a has %d methods, want 2", n)
	}
}
