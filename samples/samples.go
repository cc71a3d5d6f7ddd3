// Package samples has the files that a user copies, of which the program itself needs one.
package samples

import _ "embed"

// Inventory is inventory.csv: the numbers of the other samples as --sandbox has them before anything is sent. It is as
// export writes an inventory.
//
//go:embed inventory.csv
var Inventory string
