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
	"client", "client/distributor", "client/gate", "client/secret", "batch", "batch/control", "batch/event", "batch/hours", "batch/input",
	"batch/result", "batch/runs", "batch/settings", "batch/store", "batch/store/sqlite",
}

var promise = regexp.MustCompile(`exported names of this package and of ([^.]*) stay, and`)

// What is promised to stay is among it, and there.
func TestTheStabilityPromiseNamesPackagesForCallers(t *testing.T) {
	said := promise.FindStringSubmatch(strings.ReplaceAll(documented(t, "batch").Doc, "\n", " "))
	if said == nil {
		t.Fatal("the comment of batch does not say what stays")
	}
	for name := range strings.SplitSeq(strings.ReplaceAll(said[1], " and ", ", "), ", ") {
		if !slices.Contains(forCallers, name) {
			t.Errorf("%s is promised to stay, and is not for callers", name)
		}
	}
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

// hasUnit is what says in which unit a figure is: its name, or its comment.
var hasUnit = regexp.MustCompile(`Ms:|Bytes:|bytes|per minute|a minute|seconds|from 0 to 1`)

// A time is a time.Duration. What is neither a count, as an int is, nor a place
// in an order says its unit.
func TestFiguresSayTheirUnits(t *testing.T) {
	figures := 0
	for _, name := range append([]string{"batch/plan", "batch/guard", "batch/send"}, forCallers...) {
		for _, typ := range documented(t, name).Types {
			ast.Inspect(typ.Decl, func(n ast.Node) bool {
				field, is := n.(*ast.Field)
				if !is || len(field.Names) == 0 {
					return true
				}
				kind, is := field.Type.(*ast.Ident)
				if !is || !slices.Contains([]string{"float64", "int64", "uint64"}, kind.Name) {
					return true
				}
				for _, figure := range field.Names {
					figures++
					if said := figure.Name + ": " + field.Doc.Text() + field.Comment.Text(); figure.IsExported() && figure.Name != "Sequence" && !hasUnit.MatchString(said) {
						t.Errorf("%s.%s.%s does not say its unit", name, typ.Name, figure.Name)
					}
				}
				return true
			})
		}
	}
	if figures < 10 {
		t.Errorf("only %d figures were found", figures)
	}
}
