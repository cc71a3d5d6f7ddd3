package acceptance

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// forCallers are the packages that a program which embeds bulknum calls: their documentation says what calls do.
var forCallers = []string{
	"client", "client/gate", "client/secret", "batch", "batch/control", "batch/event", "batch/hours", "batch/input",
	"batch/result", "batch/runs", "batch/store", "batch/store/sqlite",
}

// What ctx does and what errors there are is said of each function, or of all by the comment of the package.
func TestCommentsSayWhatContextsAndErrorsAre(t *testing.T) {
	functions := 0
	for _, name := range forCallers {
		pkg := documented(t, name)
		ofAll := strings.Contains(pkg.Doc, "# Contexts and errors")
		if ofAll && !(strings.Contains(pkg.Doc, "ctx") && strings.Contains(pkg.Doc, "error")) {
			t.Errorf("%s: its comment says nothing of ctx, or of errors", name)
		}
		for _, f := range exported(pkg) {
			functions++
			switch {
			case f.Doc == "":
				t.Errorf("%s.%s has no comment", name, f.Name)
			case ofAll || standard(f):
			case has(f.Decl.Type.Params, "Context") && !strings.Contains(f.Doc, "ctx"):
				t.Errorf("%s.%s does not say what ctx does", name, f.Name)
			case has(f.Decl.Type.Results, "error") && !strings.Contains(f.Doc, "rror") && !strings.Contains(f.Doc, "what is wrong"):
				t.Errorf("%s.%s does not say which errors it returns", name, f.Name)
			}
		}
	}
	if functions < 200 {
		t.Errorf("only %d functions were found", functions)
	}
}

// The text of an error names no flag: whoever embeds the package has none. Hints and cures beside it do.
func TestErrorsOfTheLibraryNameNoFlags(t *testing.T) {
	texts := 0
	for _, below := range []string{"client", "batch"} {
		err := filepath.WalkDir(filepath.Join(root, below), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				text := errorText(n)
				if text == nil {
					return true
				}
				texts++
				if namesFlag(text) {
					t.Errorf("%s: the text of an error names a flag", files.Position(text.Pos()))
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if texts < 300 {
		t.Errorf("only %d texts of errors were found", texts)
	}
}

// errorText is what an error says that a piece of code makes; nil: it makes none.
func errorText(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, is := n.Key.(*ast.Ident); is {
			switch key.Name {
			case "Message", "Why", "Measured", "Problem":
				return n.Value
			}
		}
	case *ast.CallExpr:
		called := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			called = f.Name
		case *ast.SelectorExpr:
			called = f.Sel.Name
		}
		switch {
		case len(n.Args) > 0 && (called == "Errorf" || called == "New" || called == "Refuse" || called == "refuse"):
			return n.Args[0]
		case len(n.Args) > 1 && (called == "mistake" || called == "invalid"):
			return n.Args[1]
		}
	}
	return nil
}

// namesFlag reports whether a text has a flag in it.
func namesFlag(text ast.Expr) (found bool) {
	ast.Inspect(text, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			found = found || n.Kind == token.STRING && strings.Contains(n.Value, "--")
		case *ast.SelectorExpr:
			from, is := n.X.(*ast.Ident)
			found = found || is && from.Name == "option"
		}
		return true
	})
	return found
}

// documented is the documentation of a package.
func documented(t *testing.T, name string) *doc.Package {
	t.Helper()
	files := token.NewFileSet()
	paths, err := filepath.Glob(filepath.Join(root, name, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var parsed []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	pkg, err := doc.NewFromFiles(files, parsed, "github.com/bulknum/bulknum/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// exported are the functions and methods that others call.
func exported(pkg *doc.Package) []*doc.Func {
	all := pkg.Funcs
	for _, typ := range pkg.Types {
		all = append(append(all, typ.Funcs...), typ.Methods...)
	}
	return all
}

// standard reports whether a method is that of an interface of the standard library, which says what it returns.
func standard(f *doc.Func) bool {
	switch f.Name {
	case "Unwrap", "MarshalText", "UnmarshalText", "MarshalJSON", "UnmarshalJSON", "Write", "Close":
		return f.Recv != ""
	default:
		return false
	}
}

// has reports whether one of some parameters or results has a type of this name.
func has(all *ast.FieldList, name string) bool {
	if all == nil {
		return false
	}
	for _, field := range all.List {
		switch typ := field.Type.(type) {
		case *ast.Ident:
			if typ.Name == name {
				return true
			}
		case *ast.SelectorExpr:
			if typ.Sel.Name == name {
				return true
			}
		}
	}
	return false
}
