package cli

import "github.com/bulknum/bulknum/batch"

// findRun returns the run that a command is given as RUN.
func findRun(runsDir, name string) (*batch.Run, error) {
	run, err := batch.Find(runsDir, name)
	if err != nil {
		return nil, &configError{err: err, hint: "RUN is a run's folder, its name in --runs-dir, or latest"}
	}
	return run, nil
}
