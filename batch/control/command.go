package control

import (
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// errNotBegun is what someone is told who asks for what only a run can do.
var errNotBegun = errors.New("the run has not begun yet")

// SetRate changes the rate of all requests, also of waits that have begun, to one
// as in "20/m", or by the clock.
func (c *Control) SetRate(text, by string) error {
	rate, err := client.ParseRate(text)
	if err != nil {
		return err
	}
	return c.carry(&event.Commanded{What: event.CommandRate, By: by, Detail: rate.String()}, func() (event.Event, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.run == nil {
			return nil, errNotBegun
		}
		c.run.Gate().SetRateFor(c.schedule.Run, rate)
		return nil, nil
	})
}

// StopFor is [Control.Stop] for somebody.
func (c *Control) StopFor(by string) error {
	return c.carry(&event.Commanded{What: event.CommandStop, By: by}, func() (event.Event, error) {
		c.Stop(result.Stop{Reason: result.StoppedByOperator, Detail: "asked for by " + by})
		return nil, nil
	})
}

// carry carries out what is asked for, and has it recorded and told, with what
// comes of it, if anything. What is done may say more of what was asked for.
func (c *Control) carry(asked *event.Commanded, do func() (event.Event, error)) error {
	c.asking.Lock()
	defer c.asking.Unlock()
	if c.over() {
		return ErrEnded
	}
	if stop := c.Stopped(); stop.Early() && asked.What != event.CommandStop {
		return fmt.Errorf("the run is stopping: %s", stop.Text())
	}
	outcome, err := do()
	if err != nil {
		return err
	}
	asked.At = time.Now()
	run := c.runOr(*asked)
	if run == nil {
		return nil
	}
	run.Record(*asked)
	run.Emit(*asked)
	if outcome != nil {
		run.Emit(outcome)
	}
	return nil
}

// over reports whether the run has ended.
func (c *Control) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// runOr returns the run, or keeps what is asked for until there is one.
func (c *Control) runOr(asked event.Commanded) Execution {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == nil {
		c.early = append(c.early, asked)
	}
	return c.run
}
