package input

import "context"

// NamedBy returns whether a file has a row for the number of another row, or for the SIM that it sets.
func NamedBy(ctx context.Context, path string, o Options) (func(Row) bool, error) {
	o.Routes = NamedLater{}
	file, err := Check(ctx, path, o, func(Problem) {})
	if err != nil {
		return nil, err
	}
	numbers, sims := map[string]struct{}{}, map[string]struct{}{}
	for row, err := range file.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		numbers[row.Number] = struct{}{}
		if sim, set := row.Settings.Get("Iccid"); set && sim != "" && !o.AllowSharedICCID {
			sims[sim] = struct{}{}
		}
	}
	return func(row Row) bool {
		_, known := numbers[row.Number]
		sim, _ := row.Settings.Get("Iccid")
		_, taken := sims[sim]
		return known || taken
	}, nil
}
