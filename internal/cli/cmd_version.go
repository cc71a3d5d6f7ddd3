package cli

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// versionVersion is the version of the document of version.
const versionVersion = 1

// VersionDocument is what version prints as JSON.
type VersionDocument struct {
	// Version is the version of this document.
	Version int `json:"version"`
	// Bulknum is the program's own: v0.1.0 of a release, devel-COMMIT of a build from a checkout.
	Bulknum string `json:"bulknum"`
	// Commit is that of the checkout that it was built from; absent: it was built from none.
	Commit string `json:"commit,omitempty"`
	// CommittedAt is when that commit was made, in UTC.
	CommittedAt string `json:"committedAt,omitempty"`
	// Modified tells that the checkout had changes that are not in the commit.
	Modified bool `json:"modified"`
	// Go is the version of Go that built it.
	Go string `json:"go"`
	// Platform is what it was built for, such as linux/amd64.
	Platform string `json:"platform"`
}

func versionCommand(s Streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  takesNone,
		RunE: func(*cobra.Command, []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = &debug.BuildInfo{}
			}
			v := versionDocument(info)
			if asJSON {
				encoder := json.NewEncoder(s.Out)
				encoder.SetIndent("", "  ")
				return encoder.Encode(v)
			}
			_, err := fmt.Fprintf(s.Out, "bulknum %s\n%s %s\n", v.Bulknum, v.Go, v.Platform)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as one JSON document")
	return cmd
}

// versionDocument says what a build was made of.
func versionDocument(info *debug.BuildInfo) VersionDocument {
	return VersionDocument{
		Version:     versionVersion,
		Bulknum:     versionOf(info),
		Commit:      setting(info, "vcs.revision"),
		CommittedAt: setting(info, "vcs.time"),
		Modified:    setting(info, "vcs.modified") == "true",
		Go:          info.GoVersion,
		Platform:    setting(info, "GOOS") + "/" + setting(info, "GOARCH"),
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
