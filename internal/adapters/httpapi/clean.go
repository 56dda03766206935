package httpapi

import (
	"net/http"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean replaces what not every database takes, in what people send, and what would steer a terminal that shows it:
// invalid UTF-8, and control characters but those of lines and columns. With both databases the same becomes of a text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return utf8.RuneError
		}
		return r // strings.Map itself replaces invalid UTF-8
	}, s)
}

// cleanAll cleans every text that an input holds, in place. Bytes stay as they are.
func cleanAll(v reflect.Value) {
	switch v.Kind() { //nolint:exhaustive // nothing else holds texts
	case reflect.Pointer:
		if !v.IsNil() {
			cleanAll(v.Elem())
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			cleanAll(field)
		}
	case reflect.Slice:
		for i := range v.Len() {
			cleanAll(v.Index(i))
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(clean(v.String()))
		}
	}
}

// pathValue is what a path holds under a name.
func pathValue(r *http.Request, name string) string { return clean(r.PathValue(name)) }
