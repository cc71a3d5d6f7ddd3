package acceptance

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whoever embeds a run, or makes calls only, gets few modules along: no driver of a database, no commands, no log.
func TestTheLibraryNeedsFewModules(t *testing.T) {
	for pkg, allowed := range map[string][]string{
		"./client": {"golang.org/x/time"},
		"./batch": {
			"github.com/gocarina/gocsv", "github.com/klauspost/compress", "golang.org/x/sync", "golang.org/x/text", "golang.org/x/time",
		},
	} {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", pkg)
		list.Dir = filepath.Join("..", "..")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		modules := strings.Fields(string(out))
		slices.Sort(modules)
		if modules = slices.Compact(modules); !slices.Equal(modules, allowed) {
			t.Errorf("%s needs the modules %v, and is to need %v", pkg, modules, allowed)
		}
	}
}
