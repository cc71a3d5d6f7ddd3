package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
)

// here is the system that the tests build for and run on.
var here = platform{os: "linux", arch: "amd64"}

// all has the release built for other systems too, which takes minutes.
var all = flag.String("platforms", "", "the systems that are built for beside linux/amd64")

// built is the folder of a release that all tests look at, and commit what it is made of.
var built, commit string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "release")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if commit, err = tracked(); err == nil {
			err = buildInto(filepath.Join(dir, "one"))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		built = filepath.Join(dir, "one")
		return m.Run()
	}())
}

// tracked is a commit of what is tracked in this checkout, as it is now: one that no branch has, if it is not all
// committed.
func tracked() (string, error) {
	out, err := exec.Command("git", "-c", "user.name=test", "-c", "user.email=test@example.net", "stash", "create").Output()
	if commit := string(bytes.TrimSpace(out)); commit != "" || err != nil {
		return commit, err
	}
	return "HEAD", nil
}

// buildInto builds a release of that commit.
func buildInto(out string) error {
	systems := []platform{here}
	for name := range strings.FieldsSeq(*all) {
		system, arch, _ := strings.Cut(name, "/")
		if p := (platform{system, arch}); p != here {
			systems = append(systems, p)
		}
	}
	return build(context.Background(), ".", commit, out, systems)
}

// The same commit gives the same bytes in another folder, by a user with another umask and time zone.
func TestBuiltTwice(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "a folder with spaces")
	if err := os.Mkdir(elsewhere, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", elsewhere)
	t.Setenv("TZ", "Asia/Kathmandu")
	t.Setenv("GOFLAGS", "-tags=other")
	defer syscall.Umask(syscall.Umask(0o077))
	again := filepath.Join(elsewhere, "out")
	if err := buildInto(again); err != nil {
		t.Fatal(err)
	}
	one, two := read(t, filepath.Join(built, "checksums.txt")), read(t, filepath.Join(again, "checksums.txt"))
	if !bytes.Equal(one, two) {
		t.Errorf("the second release is another one:\n%s\n%s", one, two)
	}
	if lines := bytes.Count(one, []byte("\n")); lines < 5 {
		t.Errorf("checksums.txt has %d files: %s", lines, one)
	}
	check := exec.Command("sha256sum", "--check", "--quiet", "checksums.txt")
	check.Dir = built
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// The licences and the bill of materials name every module that the program itself names, and Go.
func TestModulesAreNamed(t *testing.T) {
	for _, archive := range archives(t) {
		contents := unpacked(t, archive)
		info, err := buildinfo.Read(bytes.NewReader(program(contents)))
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(strings.TrimSuffix(archive, ".tar.gz"), ".zip")
		bill := components(t, name+".cdx.json")
		licences := string(contents[licencesName])
		modules := append([]*debug.Module{}, info.Deps...)
		if len(modules) < 20 {
			t.Errorf("%s: the program names %d modules", archive, len(modules))
		}
		for _, m := range modules {
			if !strings.Contains(licences, "\n"+m.Path+" "+m.Version+", ") {
				t.Errorf("%s: no licence of %s %s", archive, m.Path, m.Version)
			}
			if !bill[m.Path+"@"+m.Version] {
				t.Errorf("%s: the bill of materials lacks %s %s", archive, m.Path, m.Version)
			}
		}
		if !strings.Contains(licences, "\nGo "+info.GoVersion+", LICENSE\n") {
			t.Errorf("%s: no licence of Go %s", archive, info.GoVersion)
		}
		if extra := len(bill) - len(modules) - 1; extra != 0 { // one is the standard library
			t.Errorf("%s: the bill of materials has %d components too many", archive, extra)
		}
	}
}

// The program stays as small as docs/install.md says that it is.
func TestTheProgramIsNoLarger(t *testing.T) {
	const most = 34_000_000
	if size := len(program(unpacked(t, archives(t)[0]))); size > most {
		t.Errorf("it has %d bytes, more than %d", size, most)
	}
}

// With nothing but an archive, the README's first command works there.
func TestDemoFromTheArchive(t *testing.T) {
	dir := t.TempDir()
	for name, content := range unpacked(t, archives(t)[0]) {
		if _, err := save(filepath.Join(dir, filepath.FromSlash(name)), content); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "bulknum"), 0o700); err != nil {
		t.Fatal(err)
	}
	demo := exec.Command("./bulknum", "apply", "--sandbox", "samples/nightly.csv")
	demo.Dir, demo.Env = dir, []string{"HOME=" + dir} // no PATH, no Go
	out, err := demo.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("finished: every row is in sync")) {
		t.Errorf("%v: %s", err, out)
	}
	version := exec.Command("./bulknum", "version", "--json")
	version.Dir = dir
	out, err = version.Output()
	if err != nil || !bytes.Contains(out, []byte(`"modified": false`)) || !bytes.Contains(out, []byte(`"commit": "`)) {
		t.Errorf("%v: %s", err, out)
	}
	for _, name := range []string{
		"man/bulknum.1", "man/bulknum-apply.1", "completions/bulknum.bash", "completions/_bulknum", "completions/bulknum.fish",
		"completions/bulknum.ps1", "docs/install.md", "samples/bulknum@.service", "LICENSE", "README.md",
	} {
		if text := read(t, filepath.Join(dir, name)); len(text) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}

// The deb, installed on a machine that has nothing else of bulknum, runs a night as the service's user.
func TestDebIsInstalled(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("installing needs root")
	}
	debs, err := filepath.Glob(filepath.Join(built, "*_"+here.arch+".deb"))
	if err != nil || len(debs) != 1 {
		t.Fatalf("%q: %v", debs, err)
	}
	script, err := filepath.Abs("testdata/install.sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "--mount", "sh", script, debs[0], t.TempDir())
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"} // without what the developer has built
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 77 {
		t.Skipf("no machine to install on: %s", out)
	}
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// archives are those of the release.
func archives(t *testing.T) []string {
	t.Helper()
	tars, err := filepath.Glob(filepath.Join(built, "*.tar.gz"))
	if err != nil || len(tars) == 0 {
		t.Fatalf("no archive in %s: %v", built, err)
	}
	zips, err := filepath.Glob(filepath.Join(built, "*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	return append(tars, zips...)
}

// unpacked is what an archive has, by the names in its one folder.
func unpacked(t *testing.T, archive string) map[string][]byte {
	t.Helper()
	contents := map[string][]byte{}
	add := func(name string, r io.Reader) {
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		folder, rest, _ := strings.Cut(name, "/")
		if !strings.HasPrefix(path.Base(filepath.ToSlash(archive)), folder+".") {
			t.Errorf("%s has %s outside its folder", archive, name)
		}
		contents[rest] = content
	}
	if path.Ext(archive) == ".zip" {
		r, err := zip.OpenReader(archive)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for _, f := range r.File {
			entry, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			add(f.Name, entry)
		}
		return contents
	}
	compressed, err := gzip.NewReader(bytes.NewReader(read(t, archive)))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(compressed); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return contents
		}
		if err != nil {
			t.Fatal(err)
		}
		add(header.Name, r)
	}
}

// program is the program of an archive.
func program(contents map[string][]byte) []byte {
	if windows, ok := contents["bulknum.exe"]; ok {
		return windows
	}
	return contents["bulknum"]
}

// components are those of a bill of materials, as path@version.
func components(t *testing.T, bill string) map[string]bool {
	t.Helper()
	var content struct {
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(read(t, bill), &content); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, c := range content.Components {
		found[c.Name+"@"+c.Version] = true
	}
	return found
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// What Alpine would not take as a version is told in its words.
func TestVersionsOfAlpine(t *testing.T) {
	for is, want := range map[string]string{
		"": "", "rc.1": "rc1", "beta": "beta", "20261128054215-bee748ac4b08": "git20261128054215",
		"0.20261128054215-bee748ac4b08": "git20261128054215", "rc.1.0.20261128054215-bee748ac4b08": "git20261128054215", "new.words": "pre",
	} {
		if got := alpinePrerelease(is); got != want {
			t.Errorf("%s: %s, want %s", is, got, want)
		}
	}
}
