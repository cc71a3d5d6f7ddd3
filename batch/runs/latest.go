package runs

import (
	"context"

	"github.com/bulknum/bulknum/batch/store"
)

// Live are the names of the runs that processes work on, the newest first.
func (f Folder) Live(ctx context.Context) ([]string, error) {
	all, err := f.Store.Runs(ctx, store.RunFilter{Account: f.Account})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, is := range all {
		if _, held := executor(f.Store, is.ID); held {
			names = append(names, is.Name)
		}
	}
	return names, nil
}

// Newest is the name of the newest run that is wanted, of which how its rows stand is not
// loaded; "": there is none.
func (f Folder) Newest(ctx context.Context, wanted func(*Run) (bool, error)) (string, error) {
	all, err := f.Store.Runs(ctx, store.RunFilter{Account: f.Account})
	if err != nil {
		return "", err
	}
	for _, is := range all {
		run, err := f.LoadSteps(ctx, is)
		if err != nil {
			return "", err
		}
		switch is, err := wanted(run); {
		case err != nil:
			return "", err
		case is:
			return run.Identity.Name, nil
		}
	}
	return "", nil
}

// Sent is the name of the newest run that sent something; "": there is none.
func (f Folder) Sent(ctx context.Context) (string, error) {
	return f.Newest(ctx, func(r *Run) (bool, error) { return r.Applied, nil })
}
