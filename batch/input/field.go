package input

import (
	"errors"

	"github.com/bulknum/bulknum/batch/settings"
)

// FindField returns the field that a name means, which may be written as in a
// file's header: in any case, with spaces and underscores. The error offers the
// nearest name.
func FindField(name string) (settings.Field, error) {
	n, err := newNames(Options{})
	if err != nil {
		return settings.Field{}, err
	}
	target, label, known := n.find(name)
	switch {
	case !known:
		return settings.Field{}, errors.New("there is no field " + show(name) + ": " + n.hint(name))
	case target == theNumber:
		return settings.Field{}, errors.New(label + " is no setting, it says whose settings they are")
	case target == theStatus:
		return settings.Field{}, errors.New(label + " is no setting, it is what the API tells of a number")
	case target == theWave:
		return settings.Field{}, errors.New(label + " is no setting, it puts a row into a wave")
	case isCondition(target):
		return settings.Field{}, errors.New(label + " is no setting, it is a precondition of a row")
	}
	return settings.Fields()[fieldOf(target)], nil
}
