package plan

import "iter"

// InChunks gives rows so many at a time, and the rest in the end; what it gives is good until the next.
func InChunks[R any](rows iter.Seq2[R, error], most int, do func([]R) error) error {
	chunk := make([]R, 0, min(most, 512))
	for row, err := range rows {
		if err != nil {
			return err
		}
		if chunk = append(chunk, row); len(chunk) < most {
			continue
		}
		if err := do(chunk); err != nil {
			return err
		}
		chunk = chunk[:0]
	}
	if len(chunk) == 0 {
		return nil
	}
	return do(chunk)
}
