package text

import "iter"

// chunkSize is how many rows are handed to gocsv, or to a table, at once.
const chunkSize = 512

// InChunks calls write with the rows, a few hundred at a time.
func InChunks[Row any](rows iter.Seq2[Row, error], write func([]Row) error) error {
	chunk := make([]Row, 0, chunkSize)
	for r, err := range rows {
		if err != nil {
			return err
		}
		chunk = append(chunk, r)
		if len(chunk) < chunkSize {
			continue
		}
		if err := write(chunk); err != nil {
			return err
		}
		chunk = chunk[:0]
	}
	if len(chunk) == 0 {
		return nil
	}
	return write(chunk)
}
