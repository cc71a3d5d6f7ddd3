package main

import (
	"os"
	"runtime/debug"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/CycloneDX/cyclonedx-gomod/pkg/generate/bin"
	"github.com/rs/zerolog"
)

// billOfMaterials writes which modules a program is made of, as the program itself says, in the JSON of CycloneDX.
func billOfMaterials(program, path string, date time.Time) error {
	generator, err := bin.NewGenerator(program, bin.WithIncludeStdlib(true), bin.WithLogger(zerolog.Nop()))
	if err != nil {
		return err
	}
	bill, err := generator.Generate()
	if err != nil {
		return err
	}
	bill.Metadata.Timestamp = date.Format(time.RFC3339)
	bill.Metadata.Tools = &cyclonedx.ToolsChoice{Components: &[]cyclonedx.Component{{
		Type: cyclonedx.ComponentTypeApplication, Name: "cyclonedx-gomod", Version: generatorVersion(),
	}}}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := cyclonedx.NewBOMEncoder(f, cyclonedx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bill, cyclonedx.SpecVersion1_6); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// generatorVersion is the version of what makes the bill, which go.mod pins.
func generatorVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/CycloneDX/cyclonedx-gomod" {
			return module.Version
		}
	}
	return ""
}
