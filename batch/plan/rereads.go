package plan

import "time"

// Companions are the rows of a plan that are sent with a companion: before one leaves, a reading that is too old by then is
// made again.
type Companions struct {
	// Rows is how many there are of so many that are sent; they are taken to be spread evenly.
	Rows int `json:"rows"`
	Of   int `json:"of"`
	// Fresh is how old a reading may be.
	Fresh time.Duration `json:"fresh"`
}

// rereads is how many readings are made again while so many rows are sent, whose readings are so old before the first
// leaves, at so much time from one request to the next.
func (c Companions) rereads(rows int, age, every time.Duration) int {
	if c.Rows == 0 || every <= 0 {
		return 0
	}
	late := rows - int(max(0, c.Fresh-age)/every)
	if late <= 0 {
		return 0
	}
	return (late*c.Rows + c.Of - 1) / c.Of
}
