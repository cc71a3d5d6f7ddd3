package main

import (
	"bytes"
	"compress/gzip"
	"embed"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/apk"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// scripts are what a package does around its installation and removal.
//
//go:embed packaging/*.sh
var scripts embed.FS

// needs are the packages with useradd, by the kind of the package; busybox has its own.
var needs = map[string][]string{"deb": {"passwd"}, "rpm": {"/usr/sbin/useradd"}, "apk": nil}

// packages writes the packages of a Linux.
func (r *release) packages(p platform, all []file) error {
	tree := filepath.Join(r.work, "tree_"+p.arch)
	contents, err := r.installed(tree, all)
	if err != nil {
		return err
	}
	var around nfpm.Scripts
	for name, script := range map[string]*string{
		"installed.sh": &around.PostInstall, "remove.sh": &around.PreRemove, "removed.sh": &around.PostRemove,
	} {
		text, err := scripts.ReadFile("packaging/" + name)
		if err != nil {
			return err
		}
		if *script, err = save(filepath.Join(r.work, name), text); err != nil {
			return err
		}
		if err := os.Chtimes(*script, r.date, r.date); err != nil { // which an apk has
			return err
		}
	}
	for kind, needed := range needs {
		info := nfpm.WithDefaults(&nfpm.Info{
			Name: "bulknum", Arch: p.arch, Version: r.version, MTime: r.date, Section: "admin", License: "MIT",
			Maintainer: "The bulknum authors <bulknum@users.noreply.github.com>", Homepage: "https://github.com/bulknum/bulknum",
			Description: "brings thousands of phone numbers to the settings in a file\n" +
				"Through an API that takes one number a call: at the allowed rate, only what\ndiffers, and so that it is known of each number what became of it.",
			Overridables: nfpm.Overridables{
				Contents: contents, Scripts: around, Depends: needed, Recommends: []string{"ca-certificates"},
				RPM: nfpm.RPM{BuildHost: "localhost", Summary: "Brings phone numbers to the settings in a file"},
			},
		})
		if kind == "apk" {
			info.Prerelease = alpinePrerelease(info.Prerelease)
		}
		if err := r.pack(kind, info); err != nil {
			return err
		}
	}
	return nil
}

// early are the versions before a release that Alpine has words for, and ofCommit is Go's of a commit without a tag.
var (
	early    = regexp.MustCompile(`^(alpha|beta|pre|rc)\.?([0-9]*)$`)
	ofCommit = regexp.MustCompile(`(?:^|\.)([0-9]{14})-[0-9a-f]{12}$`)
)

// alpinePrerelease is what stands before a release in the versions of Alpine, which has a few words for it, each with a number
// behind it (apk-package(5)): rc.1 is rc1, and a commit is git and its time.
func alpinePrerelease(is string) string {
	switch {
	case is == "":
		return ""
	case early.MatchString(is):
		return early.ReplaceAllString(is, "$1$2")
	case ofCommit.MatchString(is):
		return "git" + ofCommit.FindStringSubmatch(is)[1]
	default:
		return "pre"
	}
}

// pack writes one package.
func (r *release) pack(kind string, info *nfpm.Info) error {
	packager, err := nfpm.Get(kind)
	if err != nil {
		return err
	}
	if err := nfpm.PrepareForPackager(info, kind); err != nil {
		return err
	}
	var into bytes.Buffer
	if err := packager.Package(info, &into); err != nil {
		return err
	}
	_, err = save(filepath.Join(r.out, packager.ConventionalFileName(info)), into.Bytes())
	return err
}

// Where a package has what.
const (
	documents = "/usr/share/doc/bulknum"
	units     = "/usr/lib/systemd/system"
	settings  = "/etc/bulknum"
)

// installed are the files of a package, with their places; those that are made for it are written into a folder.
func (r *release) installed(tree string, all []file) (files.Contents, error) {
	var contents files.Contents
	for _, f := range all {
		place := places(f.name)
		if len(place) == 0 {
			continue
		}
		data, err := f.data()
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(f.name, "man/") {
			if data, err = compressed(data); err != nil {
				return nil, err
			}
		}
		source, err := save(filepath.Join(tree, filepath.FromSlash(f.name)), data)
		if err != nil {
			return nil, err
		}
		for _, destination := range place {
			c := &files.Content{Source: source, Destination: destination, FileInfo: &files.ContentFileInfo{Mode: f.mode(), MTime: r.date}}
			if path.Dir(destination) == settings { // may have secrets; the user's, from the first installation on
				c.Type, c.FileInfo.Mode = files.TypeConfigNoReplace, 0o600
			}
			contents = append(contents, c)
		}
	}
	return append(contents, &files.Content{
		Destination: settings, Type: files.TypeDir, FileInfo: &files.ContentFileInfo{Mode: 0o755, MTime: r.date},
	}), nil
}

// places are where a package has a file of the archive; none: it does not.
func places(name string) []string {
	dir, base := path.Split(name)
	switch {
	case name == "bulknum":
		return []string{"/usr/bin/bulknum"}
	case name == "LICENSE":
		return []string{documents + "/copyright"}
	case name == "samples/bulknum.env":
		return []string{settings + "/" + base, documents + "/" + name}
	case strings.HasPrefix(name, "samples/bulknum@."), name == "samples/bulknum-worker.service":
		return []string{units + "/" + base}
	case dir == "man/":
		return []string{"/usr/share/man/man1/" + base + ".gz"}
	case name == "completions/bulknum.bash":
		return []string{"/usr/share/bash-completion/completions/bulknum"}
	case name == "completions/_bulknum":
		return []string{"/usr/share/zsh/site-functions/_bulknum"} // which Debian's zsh calls vendor-completions
	case name == "completions/bulknum.fish":
		return []string{"/usr/share/fish/vendor_completions.d/bulknum.fish"}
	case dir == "completions/":
		return nil
	default:
		return []string{documents + "/" + name}
	}
}

// compressed is a text as man pages are installed.
func compressed(text []byte) ([]byte, error) {
	var into bytes.Buffer
	w, err := gzip.NewWriterLevel(&into, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err = w.Close()
	return into.Bytes(), err
}

// save writes a file, in folders that are made, and returns its path.
func save(to string, content []byte) (string, error) {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // for everybody
		return "", err
	}
	return to, os.WriteFile(to, content, 0o644) //nolint:gosec // as above
}
