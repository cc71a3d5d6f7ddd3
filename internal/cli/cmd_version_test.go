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
