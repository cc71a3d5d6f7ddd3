package text

import "iter"

// chunk is how many rows are handed to gocsv, or to a table, at once.
const chunk = 512

// InParts calls write with the rows, a few hundred at a time.
func InParts[Row any](rows iter.Seq2[Row, error], write func([]Row) error) error {
	part := make([]Row, 0, chunk)
	for r, err := range rows {
		if err != nil {
			return err
		}
		part = append(part, r)
		if len(part) < chunk {
			continue
		}
		if err := write(part); err != nil {
			return err
		}
		part = part[:0]
	}
	if len(part) == 0 {
		return nil
	}
	return write(part)
}
