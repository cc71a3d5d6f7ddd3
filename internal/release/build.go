package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// platform is a system that a program is built for, in Go's words.
type platform struct{ os, arch string }

// program is the name of the program's file.
func (p platform) program() string {
	if p.os == "windows" {
		return "bulknum.exe"
	}
	return "bulknum"
}

// release is one that is being built.
type release struct {
	// source is a clone of the commit, out the folder of what is built, and work a folder of what is needed meanwhile.
	source, out, work string
	// date is that of the commit, and of all files.
	date time.Time
	// version is without the v; that of a commit without a tag is Go's pseudo-version.
	version string
}

// build builds a release of a commit of the repository that a folder is in.
func build(ctx context.Context, folder, commit, out string, systems []platform) (err error) {
	r := &release{source: folder}
	if r.out, err = filepath.Abs(out); err != nil {
		return err
	}
	if r.work, err = os.MkdirTemp("", "release"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.work)) }()
	if err := errors.Join(os.RemoveAll(r.out), os.MkdirAll(r.out, 0o755)); err != nil { //nolint:gosec // for everybody
		return err
	}
	if err := r.clone(ctx, commit); err != nil {
		return err
	}
	shared, err := r.shared(ctx)
	if err != nil {
		return err
	}
	for _, p := range systems {
		if err := r.system(ctx, p, shared); err != nil {
			return fmt.Errorf("%s/%s: %w", p.os, p.arch, err)
		}
	}
	return r.checksums()
}

// clone has the commit in a clone of its own: nothing that is not committed gets into a release, and go knows the
// version, which it does not in a linked worktree.
func (r *release) clone(ctx context.Context, commit string) error {
	top, err := r.command(ctx, platform{}, "git", "rev-parse", "--show-toplevel", commit)
	if err != nil {
		return err
	}
	at := strings.Split(strings.TrimSpace(string(top)), "\n")
	clone := filepath.Join(r.work, "clone")
	if _, err := r.command(ctx, platform{}, "git", "clone", "-q", "--shared", "--no-checkout", at[0], clone); err != nil {
		return err
	}
	r.source = clone
	if _, err := r.command(ctx, platform{}, "git", "checkout", "-q", "--detach", at[1]); err != nil {
		return err
	}
	out, err := r.command(ctx, platform{}, "git", "log", "-1", "--format=%ct")
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	r.date = time.Unix(seconds, 0).UTC()
	return err
}

// system builds all of one system.
func (r *release) system(ctx context.Context, p platform, shared []file) error {
	program, err := r.compile(ctx, p)
	if err != nil {
		return err
	}
	licences, err := r.licences(ctx, p)
	if err != nil {
		return err
	}
	all := append([]file{{name: p.program(), path: program, executable: true}, {name: licencesName, content: licences}}, shared...)
	name := filepath.Join(r.out, fmt.Sprintf("bulknum_%s_%s_%s", r.version, p.os, p.arch))
	if err := r.archive(name, p, all); err != nil {
		return err
	}
	if err := billOfMaterials(program, name+".cdx.json", r.date); err != nil {
		return err
	}
	if p.os != "linux" {
		return nil
	}
	return r.packages(p, all)
}

// compile builds the program for a system. Its version is what Go makes of the commit and its tags.
func (r *release) compile(ctx context.Context, p platform) (string, error) {
	path := filepath.Join(r.work, p.os+"_"+p.arch, p.program())
	// Without an id of the build, and without paths, there is nothing in it of where it was built.
	_, err := r.command(ctx, p, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w -buildid=", "-o", path, ".")
	if err != nil {
		return "", err
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", err
	}
	r.version = strings.TrimPrefix(info.Main.Version, "v")
	if r.version == "" || r.version == "(devel)" {
		return "", errors.New("go has given the program no version")
	}
	return path, nil
}

// command runs a command in the clone, and returns what it printed. What the environment says to go is not heard,
// since the program would be made by it.
func (r *release) command(ctx context.Context, p platform, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // go, git, and what go has built
	cmd.Dir = r.source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOEXPERIMENT=", "GOAMD64=v1",
		"GOARM64=v8.0", "GOFIPS140=off", "GOOS="+p.os, "GOARCH="+p.arch, "SOURCE_DATE_EPOCH="+strconv.FormatInt(r.date.Unix(), 10))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, nil
}

// checksums writes those of all files, as sha256sum --check reads them.
func (r *release) checksums() error {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(r.out, entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), entry.Name())
	}
	return os.WriteFile(filepath.Join(r.out, "checksums.txt"), sums.Bytes(), 0o644) //nolint:gosec // for everybody
}
