package mask

import (
	"errors"
	"reflect"

	"github.com/bulknum/bulknum/batch/settings"
)

// Hide returns a copy of a value of any type with the texts in it masked: fields named Number as values, and all other
// texts by [Masker.Text]. Words of types of their own, such as statuses and the kinds of changes, stay.
func Hide[T any](m *Masker, value T) T {
	if m == nil {
		return value
	}
	masked := value // of which alone an address is taken, so that nothing is allocated where nothing is hidden
	m.hide(reflect.ValueOf(&masked).Elem())
	return masked
}

// keeps are the fields of texts that are nobody's: ids of orders, hashes, the names of statuses, fields and columns.
func keeps(field string) bool {
	switch field {
	case "UpdateOrderId", "UpdateOrderStatus", "UpdateOrderDate", "Hash", "SHA256", "Field", "Fields", "Columns", "NotShown", "Statuses", "Urgent", "Kind":
		return true
	default:
		return false
	}
}

// hide masks what a value has, in its place. What it points to, or has in common with others, is copied before.
func (m *Masker) hide(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(m.Text(v.String()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			to := reflect.New(v.Type().Elem())
			to.Elem().Set(v.Elem())
			m.hide(to.Elem())
			v.Set(to)
		}
	case reflect.Interface:
		m.hideDynamic(v)
	case reflect.Slice:
		if !v.IsNil() {
			list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(list, v)
			for i := range list.Len() {
				m.hide(list.Index(i))
			}
			v.Set(list)
		}
	case reflect.Array:
		for i := range v.Len() {
			m.hide(v.Index(i))
		}
	case reflect.Map:
		m.hideMap(v)
	case reflect.Struct:
		m.hideStruct(v)
	default: // has no text
	}
}

// hideDynamic masks what is known by an interface only.
func (m *Masker) hideDynamic(v reflect.Value) {
	if v.IsNil() {
		return
	}
	if err, is := reflect.TypeAssert[error](v); is && v.Type() == reflect.TypeFor[error]() {
		v.Set(reflect.ValueOf(errors.New(m.Text(err.Error()))))
		return
	}
	to := reflect.New(v.Elem().Type()).Elem()
	to.Set(v.Elem())
	m.hide(to)
	v.Set(to)
}

// hideMap masks the values of a map. A key that identifies somebody is left out: nothing that is shown leads to it.
func (m *Masker) hideMap(v reflect.Value) {
	if v.IsNil() {
		return
	}
	to := reflect.MakeMapWithSize(v.Type(), v.Len())
	for all := v.MapRange(); all.Next(); {
		key := all.Key()
		if key.Type() == reflect.TypeFor[string]() && m.Text(key.String()) != key.String() {
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(all.Value())
		m.hide(value)
		to.SetMapIndex(key, value)
	}
	v.Set(to)
}

// hideStruct masks the exported fields of a struct.
func (m *Masker) hideStruct(v reflect.Value) {
	switch known := v.Interface().(type) {
	case settings.Change:
		v.Set(reflect.ValueOf(hideChange(known)))
		return
	case settings.Settings:
		v.Set(reflect.ValueOf(hideSettings(known)))
		return
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch {
		case !field.IsExported(), keeps(field.Name):
		case field.Name == "Number" && field.Type.Kind() == reflect.String:
			v.Field(i).SetString(Value(v.Field(i).String()))
		case field.Name == "Error" && field.Type == reflect.TypeFor[string]():
			v.Field(i).SetString(m.failure(v.Field(i).String()))
		default:
			m.hide(v.Field(i))
		}
	}
}

// hideChange hides the values of a change. What was changed still is so, if both look the same.
func hideChange(c settings.Change) settings.Change {
	if f, _ := settings.Lookup(c.Field); !f.PerNumber {
		return c
	}
	differs := c.Old != c.New
	if c.Old, c.New = Value(c.Old), Value(c.New); differs && c.Old == c.New {
		c.New += "*"
	}
	return c
}

// hideSettings hides the values of settings.
func hideSettings(s settings.Settings) settings.Settings {
	for _, name := range s.Names() {
		if f, _ := settings.Lookup(name); f.PerNumber {
			value, _ := s.Get(name)
			s.Set(name, Value(value))
		}
	}
	return s
}
