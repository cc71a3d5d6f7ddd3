package acceptance

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// forCallers are the packages that a program which embeds bulknum calls: their documentation says what calls do.
var forCallers = []string{
	"client", "client/gate", "client/secret", "batch", "batch/control", "batch/event", "batch/hours", "batch/input",
	"batch/result", "batch/runs", "batch/store", "batch/store/sqlite",
}

var saysErrors = regexp.MustCompile(`[Ee]rror|what is wrong`)

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
			case has(f.Decl.Type.Results, "error") && !saysErrors.MatchString(f.Doc):
				t.Errorf("%s.%s does not say which errors it returns", name, f.Name)
			}
		}
	}
	if functions < 200 {
		t.Errorf("only %d functions were found", functions)
	}
}

// flagInText is what names a flag, or a variable of the environment, in a text.
var flagInText = regexp.MustCompile(`--([a-z%]|$)|BULKNUM_|TELEGENT_`)

// Whoever embeds the packages has no flags: no text names one, be it that of an error, a row, a notice or a hint. Beside the
// text stand the names of options, and report/words says by which flags they are given.
func TestTextsOfTheLibraryNameNoFlags(t *testing.T) {
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
				switch n := n.(type) {
				case *ast.BasicLit:
					texts++
					if text, err := strconv.Unquote(n.Value); err == nil && text != "--" && flagInText.MatchString(text) {
						t.Errorf("%s: %s names a flag", files.Position(n.Pos()), n.Value)
					}
				case *ast.BinaryExpr:
					if n.Op == token.ADD && (isOption(n.X) || isOption(n.Y)) {
						t.Errorf("%s: the name of an option is put into a text", files.Position(n.Pos()))
					}
				case *ast.CallExpr:
					if f, is := n.Fun.(*ast.SelectorExpr); is && strings.HasSuffix(f.Sel.Name, "f") && slices.ContainsFunc(n.Args, isOption) {
						t.Errorf("%s: the name of an option is put into a text", files.Position(n.Pos()))
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if texts < 3000 {
		t.Errorf("only %d texts were found", texts)
	}
}

// isOption reports whether an expression is the name of an option.
func isOption(e ast.Expr) bool {
	name, is := e.(*ast.SelectorExpr)
	if !is {
		return false
	}
	from, is := name.X.(*ast.Ident)
	return is && from.Name == "option"
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
