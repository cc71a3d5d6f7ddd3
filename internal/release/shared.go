package main

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// file is a file of an archive or a package.
type file struct {
	// name is its path in the archive.
	name string
	// path is where its content is, or else content has it.
	path       string
	content    []byte
	executable bool
}

// data is the content of a file.
func (f file) data() ([]byte, error) {
	if f.path == "" {
		return f.content, nil
	}
	return os.ReadFile(f.path)
}

// completions are the files of completions, by the shells that bulknum makes them for.
var completions = map[string]string{
	"bash": "bulknum.bash", "zsh": "_bulknum", "fish": "bulknum.fish", "powershell": "bulknum.ps1",
}

// shared are the files that are the same on all systems.
func (r *release) shared(ctx context.Context) ([]file, error) {
	all, err := r.tracked(ctx)
	if err != nil {
		return nil, err
	}
	man := filepath.Join(r.work, "man")
	if _, err := r.command(ctx, platform{}, "go", "run", "-C", "internal/tools", "-trimpath", "./man", man); err != nil {
		return nil, err
	}
	pages, err := os.ReadDir(man)
	if err != nil {
		return nil, err
	}
	for _, page := range pages {
		all = append(all, file{name: "man/" + page.Name(), path: filepath.Join(man, page.Name())})
	}
	here := filepath.Join(r.work, "here", "bulknum")
	if _, err := r.command(ctx, platform{}, "go", "build", "-trimpath", "-o", here, "."); err != nil {
		return nil, err
	}
	for shell, name := range completions {
		script, err := r.command(ctx, platform{}, here, "completion", shell)
		if err != nil {
			return nil, err
		}
		all = append(all, file{name: "completions/" + name, content: script})
	}
	return all, nil
}

// tracked are the documents and samples that git knows.
func (r *release) tracked(ctx context.Context) ([]file, error) {
	out, err := r.command(ctx, platform{}, "git", "ls-files", "-z", "--",
		"LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "docs", "samples")
	if err != nil {
		return nil, err
	}
	var all []file
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if path.Dir(name) != "samples" || path.Ext(name) != ".go" { // which is the program's
			all = append(all, file{name: name, path: filepath.Join(r.source, filepath.FromSlash(name))})
		}
	}
	return all, nil
}
