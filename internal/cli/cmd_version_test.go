package cli

import (
	"runtime/debug"
	"testing"
)

// A release is called by its version, a build from a checkout by its commit.
func TestVersionOf(t *testing.T) {
	const commit = "1acaad6b50a654471174e597d1ec813fab7d4ff3"
	for _, c := range []struct{ version, revision, modified, want string }{
		{"v1.2.3", "", "", "v1.2.3"},
		{"v1.2.3", commit, "false", "v1.2.3"},
		{"v1.2.3+dirty", commit, "true", "v1.2.3+dirty"},
		{"v0.0.0-20261123194935-1acaad6b50a6", "", "", "v0.0.0-20261123194935-1acaad6b50a6"}, // go install …@main
		{"v0.0.0-20261123194935-1acaad6b50a6", commit, "false", "devel-1acaad6b50a6"},
		{"v1.2.4-0.20261123194935-1acaad6b50a6+dirty", commit, "true", "devel-1acaad6b50a6+dirty"},
		{"(devel)", commit, "false", "devel-1acaad6b50a6"},
		{"(devel)", "", "", "devel"},
		{"", "", "", "devel"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.version}, Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: c.revision}, {Key: "vcs.modified", Value: c.modified},
		}}
		if got := versionOf(info); got != c.want {
			t.Errorf("%q at %q: %s, want %s", c.version, c.revision, got, c.want)
		}
	}
}

// What version says to programs is what the build knows.
func TestVersionDocument(t *testing.T) {
	const commit = "1acaad6b50a654471174e597d1ec813fab7d4ff3"
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v1.2.3+dirty"}, Settings: []debug.BuildSetting{
		{Key: "GOOS", Value: "linux"}, {Key: "GOARCH", Value: "arm64"}, {Key: "vcs.revision", Value: commit},
		{Key: "vcs.time", Value: "2026-11-23T19:49:35Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	want := VersionDocument{
		Version: 1, Bulknum: "v1.2.3+dirty", Commit: commit, CommittedAt: "2026-11-23T19:49:35Z", Modified: true,
		Go: "go1.26.8", Platform: "linux/arm64",
	}
	if got := versionDocument(info); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
