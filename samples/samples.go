// Package samples has the files that a user copies; the program itself needs one of them.
package samples

import _ "embed"

// Inventory is inventory.csv: the numbers of the other samples, as --sandbox has them before anything is sent, in the
// form of export.
//
//go:embed inventory.csv
var Inventory string
