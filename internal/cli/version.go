package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.Out, "bulknum %s\n", buildVersion())
			if info, ok := debug.ReadBuildInfo(); ok {
				_, err = fmt.Fprintf(a.Out, "%s %s/%s\n", info.GoVersion, setting(info, "GOOS"), setting(info, "GOARCH"))
			}
			return err
		},
	}
}

// buildVersion is the module's version, or of a build from a checkout its
// commit, where the build knows it.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "devel"
		if commit := setting(info, "vcs.revision"); len(commit) >= 12 {
			version += "-" + commit[:12]
		}
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
