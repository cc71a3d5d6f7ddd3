// Command release builds what a release of bulknum has into a folder: for each system an archive with the program, its
// man pages, completions, documents, samples and the licences of what it is made of, and a software bill of materials;
// for Linux packages for dpkg, rpm and apk; and the checksums of all. The same commit gives the same bytes, wherever and
// whenever it is built by the same Go. It asks nobody but the module proxy.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	source := flags.String("source", "../..", "a folder of the repository")
	commit := flags.String("commit", "HEAD", "what is released")
	platforms := flags.String("platforms", "linux/amd64", "the systems, with spaces between them")
	out := flags.String("out", "", "the folder that gets it all, and is emptied first")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *out == "" || flags.NArg() > 0 {
		return errors.New("usage: release -out FOLDER [-source FOLDER] [-commit COMMIT] [-platforms 'OS/ARCH …']")
	}
	var systems []platform
	for name := range strings.FieldsSeq(*platforms) {
		system, arch, _ := strings.Cut(name, "/")
		systems = append(systems, platform{os: system, arch: arch})
	}
	return build(ctx, *source, *commit, *out, systems)
}
