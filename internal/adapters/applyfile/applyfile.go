// Package applyfile reads what people own from YAML (or JSON, which is YAML too).
package applyfile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/rouse-oncall/rouse/internal/app/admin"
	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

const (
	mostBytes = 4 << 20 // of all files together
	mostNodes = 200_000 // looked at: an alias of an alias of an alias ends here
)

// Read gives the files at a path: itself, or the .yaml, .yml and .json files of a folder and those below
// it, by name. Hidden files and folders are left out.
func Read(path string) ([]admin.Document, error) {
	var out []admin.Document
	total := 0
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != path && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || (name != path && !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name))):
			return nil
		}
		content, err := os.ReadFile(name) //nolint:gosec // reading the files that the user names is the purpose
		if err != nil {
			return err
		}
		if total += len(content); total > mostBytes {
			return fault.Invalid("apply.too_large", "the configuration is larger than 4 MB")
		}
		out = append(out, admin.Document{Name: name, Content: string(content)})
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fault.Invalid("apply.empty", "there is no .yaml, .yml or .json file in %s", path)
	}
	return out, err
}

// Parse reads documents as one. Its error is an admin.Problems: everything that is wrong with their form,
// each with file, line and field; whether names and addresses are right is for admin.Apply to say.
func Parse(files []admin.Document) (admin.Desired, error) {
	var out admin.Desired
	p := &parser{}
	for _, f := range files {
		p.file = f.Name
		docs := p.load(f)
		for i := range docs {
			p.document(&out, &docs[i])
		}
	}
	return out, p.problems.Err()
}

// KeyVariables gives the names of the environment variables that hold keys of integrations and channels, and logins.
func KeyVariables(d admin.Desired) []string {
	var out []string
	for _, c := range d.Channels {
		if c.KeyEnv.Set {
			out = append(out, c.KeyEnv.Value)
		}
	}
	for _, i := range d.Integrations {
		if i.KeyEnv.Set {
			out = append(out, i.KeyEnv.Value)
		}
		if i.LoginEnv.Set {
			out = append(out, i.LoginEnv.Value)
		}
	}
	return out
}

// load gives the documents of a file: a file may hold several, apart by "---".
func (p *parser) load(f admin.Document) []yaml.Node {
	if len(f.Content) > mostBytes {
		p.problems.Add(p.at(0, ""), "apply.too_large", "the file is larger than 4 MB")
		return nil
	}
	var docs []yaml.Node // not of pointers: the library leaves those empty
	err := yaml.Load([]byte(f.Content), &docs, yaml.WithAllDocuments(), yaml.WithUniqueKeys(false))
	if err != nil {
		line, words := explain(err)
		p.problems.Add(p.at(line, ""), "apply.not_yaml", "this is not YAML: %s", words)
		return nil
	}
	return docs
}

func (p *parser) document(out *admin.Desired, n *yaml.Node) {
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	if n.Kind == 0 || n.Tag == "!!null" {
		return // an empty document
	}
	o := p.object(n, "", "settings", "users", "teams", "schedules", "escalation_policies", "channels", "services", "integrations")
	if s, ok := o.fields["settings"]; ok {
		p.settings(&out.Settings, s)
	}
	out.Users = append(out.Users, list(o, "users", p.user)...)
	out.Teams = append(out.Teams, list(o, "teams", p.team)...)
	out.Policies = append(out.Policies, list(o, "escalation_policies", p.policy)...)
	out.Channels = append(out.Channels, list(o, "channels", p.channel)...)
	out.Services = append(out.Services, list(o, "services", p.service)...)
	out.Integrations = append(out.Integrations, list(o, "integrations", p.integration)...)
	if s, ok := o.fields["schedules"]; ok {
		p.problems.Add(p.at(s.Line, "schedules"), "apply.schedules", "schedules are not in this version yet: name users or teams as targets")
	}
}

func explain(err error) (line int, words string) {
	if e, ok := asLoadError(err); ok {
		return e.Mark.Line, e.Message
	}
	return 0, fmt.Sprint(err)
}
