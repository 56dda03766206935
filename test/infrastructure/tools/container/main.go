// Command container reads Dockerfiles and Compose files as Docker does, without Docker: it says what is wrong with them, and
// prints Compose files as Docker understands them, as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: container dockerfile|compose FILE")
		os.Exit(2)
	}
	check := map[string]func(context.Context, string) error{"dockerfile": dockerfile, "compose": compose}[os.Args[1]]
	if check == nil {
		fmt.Fprintln(os.Stderr, "container: dockerfile or compose?")
		os.Exit(2)
	}
	if err := check(context.Background(), os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// dockerfile gives what BuildKit's own checks (docker build --check) find.
func dockerfile(ctx context.Context, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	warnings := 0
	_, err = dockerfile2llb.Dockerfile2LLB(ctx, text, dockerfile2llb.ConvertOpt{
		AllStages:    true,
		MetaResolver: noImages{},
		Warn: func(rule, _, _, what string, _ []parser.Range) {
			warnings++
			fmt.Fprintf(os.Stderr, "%s: %s: %s\n", file, rule, what)
		},
	})
	if err == nil && warnings > 0 {
		err = fmt.Errorf("%d warnings", warnings)
	}
	return err
}

// noImages stands for a registry: nothing is known of any image.
type noImages struct{}

func (noImages) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	image := ocispecs.Image{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}}
	if p := opt.ImageOpt; p != nil && p.Platform != nil {
		image.Platform = *p.Platform
	}
	text, err := json.Marshal(image)
	return ref, digest.FromBytes(text), text, err
}

func compose(ctx context.Context, file string) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithWorkingDirectory(filepath.Dir(file)), cli.WithOsEnv, cli.WithEnvFiles(), cli.WithDotEnv)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return err
	}
	text, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	fmt.Println(string(text))
	return nil
}
