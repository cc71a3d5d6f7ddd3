package queue

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/robfig/cron/v3"
)

// Line is one of a schedule: at which times a command of an account is due.
type Line struct {
	Account string
	Command []string
	// Number is that of the line in its file.
	Number int
	times  cron.Schedule
}

// ReadSchedule reads a schedule, whose lines have an account, the five fields of a cron line, a time zone, and a command line:
//
//	acme  0 2 * * *  Europe/Berlin  apply /srv/acme/nightly.csv
//
// All that is wrong is told at once.
func ReadSchedule(r io.Reader) (lines []Line, err error) {
	var wrong []error
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		text := strings.TrimSpace(scanner.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		line, err := readLine(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %w", n, err))
		}
		line.Number = n
		lines = append(lines, line)
	}
	return lines, errors.Join(append(wrong, scanner.Err())...)
}

// cronFields are how many fields a cron line has.
const cronFields = 5

func readLine(text string) (l Line, err error) {
	fields := strings.Fields(text)
	if len(fields) < cronFields+3 {
		return l, errors.New("not of the form ACCOUNT MINUTE HOUR DAY MONTH WEEKDAY ZONE COMMAND…, as in acme 0 2 * * * Europe/Berlin apply nightly.csv")
	}
	zone, err := time.LoadLocation(fields[1+cronFields])
	if err != nil || fields[1+cronFields] == "Local" {
		return l, fmt.Errorf("the time zone %s is not known: name one as in Europe/Berlin, or UTC", strconv.Quote(fields[1+cronFields]))
	}
	l.times, err = cron.ParseStandard("CRON_TZ=" + zone.String() + " " + strings.Join(fields[1:1+cronFields], " "))
	if err != nil {
		return l, fmt.Errorf("not a cron line: %w", err)
	}
	l.Account, l.Command = fields[0], fields[2+cronFields:]
	return l, nil
}

// lateBy is how long after its time a tick is entered that no worker was there for, such as one between two leaders.
const lateBy = 10 * time.Minute

// due is the last time up to now at which the line was due; false: there was none lately.
func (l Line) due(now time.Time) (at time.Time, is bool) {
	now = now.Add(time.Second) // River is early by up to a tenth of one
	for next := l.times.Next(now.Add(-lateBy)); !next.IsZero() && !next.After(now); next = l.times.Next(next) {
		at, is = next, true
	}
	return at, is
}

// periodic are River's jobs of a schedule. They live in the leader's memory: each new leader enters the last tick that was
// due, which is entered once only.
func periodic(lines []Line) []*river.PeriodicJob {
	var jobs []*river.PeriodicJob
	for _, l := range lines {
		enter := func() (river.JobArgs, *river.InsertOpts) {
			at, is := l.due(time.Now())
			if !is {
				return nil, nil
			}
			return tickArgs{Account: l.Account, Command: l.Command, Due: at.UTC()}, tickOptions()
		}
		jobs = append(jobs, river.NewPeriodicJob(l.times, enter, &river.PeriodicJobOpts{RunOnStart: true, ID: "line-" + strconv.Itoa(l.Number)}))
	}
	return jobs
}
