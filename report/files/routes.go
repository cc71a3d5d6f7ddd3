package files

import (
	"io"

	"github.com/bulknum/bulknum/batch/route"
)

// routesVersion is the version of the document of routes.
const routesVersion = 1

// RoutesDocument is what [RoutesJSON] writes.
type RoutesDocument struct {
	// Version is the version of this document.
	Version int `json:"version"`
	route.Census
}

// RoutesJSON writes routes with their numbers as one JSON document.
func RoutesJSON(w io.Writer, found route.Census) error {
	if found.Routes == nil {
		found.Routes = []route.Counted{} // an array also when it is empty
	}
	text, err := marshalled(RoutesDocument{routesVersion, found}, "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
