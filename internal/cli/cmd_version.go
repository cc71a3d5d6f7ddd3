package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func versionCommand(s Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  takesNone,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(s.Out, "bulknum %s\n", buildVersion())
			if info, ok := debug.ReadBuildInfo(); ok {
				_, err = fmt.Fprintf(s.Out, "%s %s/%s\n", info.GoVersion, setting(info, "GOOS"), setting(info, "GOARCH"))
			}
			return err
		},
	}
}

// buildVersion is this program's version.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionOf(info)
}

// versionOf is the module's version, or of a build from a checkout "devel" with
// the commit, where the build knows it. go build makes up a version with the
// commit at its end for a checkout without a tag.
func versionOf(info *debug.BuildInfo) string {
	version, commit := info.Main.Version, setting(info, "vcs.revision")
	commit = commit[:min(12, len(commit))]
	switch {
	case commit != "" && (version == "" || version == "(devel)" || strings.Contains(version, commit)):
		version = "devel-" + commit
		if setting(info, "vcs.modified") == "true" {
			version += "+dirty"
		}
	case version == "" || version == "(devel)":
		version = "devel"
	}
	return version
}

// setting is one of the build's settings.
func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
