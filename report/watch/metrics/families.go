package metrics

import "github.com/prometheus/client_golang/prometheus"

// Family is a metric: its name, what it tells, and by which labels its samples differ.
type Family struct {
	Name, Help string
	Labels     []string
}

// family is one with labels of its own.
func family(name, help string, labels ...string) Family {
	return Family{"bulknum_" + name, help, labels}
}

// desc is the family, as the library has it whose samples are made when they are asked for.
func (f Family) desc() *prometheus.Desc { return prometheus.NewDesc(f.Name, f.Help, f.Labels, nil) }

// counted is the family as a metric that the library counts.
func (f Family) counted() prometheus.Opts { return prometheus.Opts{Name: f.Name, Help: f.Help} }

// families are all metrics.
type families struct {
	requests, durations, ended, build         Family
	rows, verified                            Family
	waiting, rate, started, running           Family
	lastAt, lastCode, lastDuration, succeeded Family
	lastStop                                  Family
}

// described are the families.
func described() families {
	return families{
		requests: family("requests_total",
			"Requests to the API, by what was asked and the status code of the answer; none: there was no answer.", labelEndpoint, labelCode),
		durations: family("request_duration_seconds", "Time from a request to the end of its answer, or of the waiting for it.", labelEndpoint),
		ended: family("rows_total",
			"Rows that came to an end in this command, by status. One that is pending or unknown and is settled later counts again.", labelStatus),
		build:        family("build_info", "The version of bulknum; always 1.", labelVersion),
		rows:         family("rows", "Rows of the input, by how they stand; planned are still to be sent.", labelStatus),
		verified:     family("verified_rows", "Rows of the run that was verified, by what their numbers were found to be.", labelStatus),
		waiting:      family("waiting_seconds_total", "Time in which requests were held back, by reason; the rate itself does not count.", labelReason),
		rate:         family("rate_per_second", "Requests that are allowed in a second."),
		started:      family("run_start_timestamp_seconds", "When the run began."),
		running:      family(runningName, "1 while a run is running, else 0."),
		lastAt:       family(lastAtName, "When the last run ended."),
		lastCode:     family(lastCodeName, "The exit code of the last run."),
		lastDuration: family(lastDurationName, "How long the last run took."),
		lastStop:     family(lastStopName, "Always 1: the reason for which the last run stopped early, if it did.", labelReason),
		succeeded:    family(succeededName, "When a run last ended with exit code 0."),
	}
}

// made are the families whose samples are made when they are asked for.
func (f families) made() []Family {
	return []Family{
		f.rows, f.verified, f.waiting, f.rate, f.started, f.running, f.lastAt, f.lastCode, f.lastDuration, f.lastStop, f.succeeded,
	}
}

// counts are those whose samples are counted as the events come, and which version counts them.
func (f families) counts() []Family { return []Family{f.requests, f.durations, f.ended, f.build} }

// Families returns all metrics, with the label of the job that each has.
func Families() []Family {
	f := described()
	all := append(f.counts(), f.made()...)
	for i := range all {
		all[i].Labels = append([]string{labelJob}, all[i].Labels...)
	}
	return all
}
