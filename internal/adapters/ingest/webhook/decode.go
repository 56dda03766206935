// Package webhook makes alerts of any JSON by an expression that people write.
package webhook

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"github.com/rouse-oncall/rouse/internal/adapters/ingest"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

// What one expression may take: whoever writes a loop in a loop must not stop everybody's alerts.
const (
	maxTime   = 100 * time.Millisecond
	maxNodes  = 2000
	maxMemory = 1_000_000 // values that it makes
	maxText   = 1 << 20   // bytes of one text that it makes
	maxMade   = 16 << 20  // bytes of all that it makes, about
)

// env is what an expression sees.
type env struct {
	Body any                      `expr:"body"`
	Step func(v any) (any, error) `expr:"step"` // put around what may run often or grow, before it is compiled
}

// stepper puts step around the bodies of loops and around sums.
type stepper struct{}

// Visit is called for inner nodes before outer ones.
func (stepper) Visit(node *ast.Node) {
	step := func(n ast.Node) ast.Node {
		return &ast.CallNode{Callee: &ast.IdentifierNode{Value: "step"}, Arguments: []ast.Node{n}}
	}
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		n.Node = step(n.Node)
	case *ast.BinaryNode:
		if n.Operator == "+" {
			ast.Patch(node, step(n))
		}
	}
}

func compile(text string) (*vm.Program, error) {
	return expr.Compile(text, expr.Env(env{}), expr.MaxNodes(maxNodes), expr.Patch(stepper{}), expr.DisableBuiltin("repeat"), expr.DisableBuiltin("now"))
}

// Check says why an expression cannot be used; nil: it can.
func Check(text string) error {
	_, err := compile(text)
	return err
}

// Decode makes alerts of a body by an expression over "body". It gives an alert as in Alertmanager's webhook, or a list of
// them: {status, labels, annotations, fingerprint, startsAt, endsAt, generatorURL}. Errors are fault.KindInvalid:
// alerts.not_json, alerts.too_deep, alerts.too_many, alerts.transform.
func Decode(text string, body []byte, l ingest.Limits) (ingest.Batch, error) {
	if err := ingest.CheckShape(body, 1, l); err != nil {
		return ingest.Batch{}, err
	}
	var e env
	if err := json.Unmarshal(body, &e.Body); err != nil {
		return ingest.Batch{}, fault.Invalid("alerts.not_json", "the body is not JSON: %s", err)
	}
	if strings.TrimSpace(text) == "" {
		return ingest.Batch{}, fault.Invalid("alerts.transform", "the integration has no transform yet")
	}
	made, err := run(text, e)
	if err != nil {
		return ingest.Batch{}, fault.Invalid("alerts.transform", "the transform failed: %s", err)
	}
	var list []json.RawMessage
	if json.Unmarshal(made, &list) != nil {
		list = []json.RawMessage{made}
	}
	if len(list) > l.Alerts {
		return ingest.Batch{}, fault.Invalid("alerts.too_many", "the transform made more than %d alerts", l.Alerts)
	}
	var b ingest.Batch
	for i, raw := range list {
		s, reason := ingest.ReadAlert(raw, ingest.Group{})
		b.Add(i, s, reason, body)
	}
	return b, nil
}

func run(text string, e env) (made []byte, err error) {
	program, err := compile(text)
	if err != nil {
		return nil, err
	}
	ends := time.Now().Add(maxTime)
	e.Step = func(v any) (any, error) {
		if s, ok := v.(string); ok && len(s) > maxText {
			return nil, errors.New("it makes too long a text")
		}
		if time.Now().After(ends) {
			return nil, errors.New("it takes too long")
		}
		return v, nil
	}
	machine := vm.VM{MemoryBudget: maxMemory}
	v, err := machine.Run(program, e)
	if err != nil {
		return nil, err
	}
	if left := maxMade; !weigh(reflect.ValueOf(v), &left) {
		return nil, errors.New("it makes too much")
	}
	return json.Marshal(v)
}

// weigh takes from left what a value needs as JSON, about. False: that is not enough. A text that stands in ten thousand
// alerts takes memory once, until it is written.
func weigh(v reflect.Value, left *int) bool {
	*left -= 4
	switch v.Kind() { //nolint:exhaustive // the others are small
	case reflect.Interface, reflect.Pointer:
		return v.IsNil() || weigh(v.Elem(), left)
	case reflect.String:
		*left -= v.Len()
	case reflect.Slice, reflect.Array:
		for i := 0; i < v.Len() && *left >= 0; i++ {
			weigh(v.Index(i), left)
		}
	case reflect.Map:
		for of := v.MapRange(); of.Next() && *left >= 0; {
			weigh(of.Key(), left)
			weigh(of.Value(), left)
		}
	}
	return *left >= 0
}
