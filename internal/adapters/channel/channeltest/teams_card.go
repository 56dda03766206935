package channeltest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// teamsShape is what an object of an Adaptive Card may hold: what each property is, and which must be there.
type teamsShape struct {
	may  map[string]string
	must []string
}

// teamsShapes are those of the types that we use. A property is "text", "bool", "number", "data", "elements", "inlines",
// "actions", "card", or one of some words.
// https://adaptivecards.io/schemas/1.4.0/adaptive-card.json
func teamsShapes() map[string]teamsShape {
	spacing := "default none small medium large extraLarge padding"
	action := func(more map[string]string, must ...string) teamsShape {
		may := map[string]string{"title": "text", "iconUrl": "text", "id": "text", "style": "default positive destructive"}
		for k, v := range more {
			may[k] = v
		}
		return teamsShape{may, must}
	}
	return map[string]teamsShape{
		"AdaptiveCard":    {map[string]string{"$schema": "text", "version": "1.0 1.1 1.2 1.3 1.4 1.5", "body": "elements", "actions": "actions", "fallbackText": "text"}, nil},
		"Container":       {map[string]string{"items": "elements", "style": "default emphasis good attention warning accent", "bleed": "bool", "spacing": spacing, "separator": "bool"}, []string{"items"}},
		"RichTextBlock":   {map[string]string{"inlines": "inlines", "spacing": spacing, "separator": "bool"}, []string{"inlines"}},
		"TextRun":         {map[string]string{"text": "text", "weight": "lighter default bolder", "isSubtle": "bool", "size": "small default medium large extraLarge"}, []string{"text"}},
		"Input.Text":      {map[string]string{"id": "text", "isMultiline": "bool", "maxLength": "number", "placeholder": "text", "label": "text"}, []string{"id"}},
		"Action.OpenUrl":  action(map[string]string{"url": "text"}, "url"),
		"Action.ShowCard": action(map[string]string{"card": "card"}),
		"Action.Execute":  action(map[string]string{"verb": "text", "data": "data", "associatedInputs": "auto none"}),
	}
}

// TeamsCard says what Adaptive Cards, or Teams, would not take of a card; "" for nothing.
func TeamsCard(raw []byte) string {
	var card map[string]any
	if json.Unmarshal(raw, &card) != nil || card["type"] != "AdaptiveCard" {
		return "no card"
	}
	if card["version"] == nil {
		return "no version"
	}
	return teamsObject(card)
}

func teamsObject(o map[string]any) string {
	kind, _ := o["type"].(string)
	shape, ok := teamsShapes()[kind]
	if !ok {
		return fmt.Sprintf("an object of the type %q", kind)
	}
	for _, must := range shape.must {
		if o[must] == nil {
			return kind + " without " + must
		}
	}
	for name, v := range o {
		if name == "type" {
			continue
		}
		if wrong := teamsProperty(shape.may[name], v); wrong != "" {
			return kind + "." + name + ": " + wrong
		}
	}
	return ""
}

func teamsProperty(want string, v any) string {
	var ok bool
	switch want {
	case "":
		return "there is no such property"
	case "text":
		_, ok = v.(string)
	case "bool":
		_, ok = v.(bool)
	case "number":
		_, ok = v.(float64)
	case "data":
		_, ok = v.(map[string]any)
	case "card":
		return teamsList([]any{v}, "AdaptiveCard")
	case "elements":
		return teamsList(v, "Container", "RichTextBlock", "Input.Text")
	case "inlines":
		return teamsList(v, "TextRun")
	case "actions":
		if list, _ := v.([]any); len(list) > 6 { // more are not shown
			return fmt.Sprintf("%d of them", len(list))
		}
		return teamsList(v, "Action.OpenUrl", "Action.ShowCard", "Action.Execute")
	default:
		s, _ := v.(string)
		ok = slices.ContainsFunc(strings.Fields(want), func(w string) bool { return strings.EqualFold(w, s) })
	}
	if !ok {
		return fmt.Sprintf("%.60v", v)
	}
	return ""
}

func teamsList(v any, of ...string) string {
	list, ok := v.([]any)
	if !ok {
		return "no list"
	}
	for _, e := range list {
		o, _ := e.(map[string]any)
		if kind, _ := o["type"].(string); !slices.Contains(of, kind) {
			return fmt.Sprintf("an object of the type %q", kind)
		}
		if wrong := teamsObject(o); wrong != "" {
			return wrong
		}
	}
	return ""
}

// teamsWords are all that a card shows, a line for each block and button.
func teamsWords(v any) (out []string) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			out = append(out, teamsWords(e)...)
		}
	case map[string]any:
		if inlines, ok := v["inlines"].([]any); ok {
			return []string{strings.Join(teamsWords(inlines), "")}
		}
		for _, name := range []string{"text", "title"} {
			if s, ok := v[name].(string); ok {
				out = append(out, s)
			}
		}
		for _, name := range []string{"body", "items", "actions", "card"} {
			out = append(out, teamsWords(v[name])...)
		}
	}
	return out
}
