package cli

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"
)

// Switches lets every setting that is on or off be called so, beside true and false, yes and no, 1 and 0.
func Switches() kong.Option { return kong.KindMapper(reflect.Bool, onOff{}) }

type onOff struct{}

// IsBool lets a flag stand without a value.
func (onOff) IsBool() bool { return true }

// Decode reads what was written, or that the flag stands alone.
func (onOff) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		target.SetBool(true)
		return nil
	}
	value := ctx.Scan.Pop().String()
	switch strings.ToLower(value) {
	case "on", "true", "yes", "1":
		target.SetBool(true)
	case "off", "false", "no", "0":
		target.SetBool(false)
	default:
		return fmt.Errorf("it must be on or off, and not %q", value)
	}
	return nil
}

// Settings reads a file of settings: YAML whose keys are the names of flags ("listen: :9090"). What is given as
// a flag or in the environment goes before it; a key that is no flag of the command is an error.
func Settings(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := yaml.NewDecoder(r).Decode(&values); err != nil && err != io.EOF { //nolint:errorlint // yaml gives io.EOF itself
		return nil, fmt.Errorf("the file of settings is not YAML: %w", err)
	}
	return settings(values), nil
}

type settings map[string]any

// Validate refuses a setting that does not exist.
func (s settings) Validate(app *kong.Application) error {
	known := map[string]bool{}
	_ = kong.Visit(app, func(n kong.Visitable, next kong.Next) error {
		if f, ok := n.(*kong.Flag); ok {
			known[f.Name] = true
		}
		return next(nil)
	})
	for name := range s {
		if !known[name] {
			return fmt.Errorf("the file of settings has %q, which is no setting: see rouse serve --help", name)
		}
	}
	return nil
}

// Resolve gives a flag's value, nil where the file says nothing.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, variable := range flag.Envs {
		if _, set := os.LookupEnv(variable); set {
			return nil, nil //nolint:nilnil // kong's way to say that the file says nothing
		}
	}
	return s[flag.Name], nil
}
