package cli

import (
	"io"
	"os"

	"github.com/rouse-oncall/rouse/internal/wire"
)

// OpenAPI prints the API's document.
type OpenAPI struct {
	Out string `help:"Write it to this file." placeholder:"FILE"`
}

// Run prints it, or writes it.
func (c *OpenAPI) Run(out io.Writer) error {
	document, err := wire.OpenAPI()
	if err != nil {
		return err
	}
	document = append(document, '\n')
	if c.Out != "" {
		return os.WriteFile(c.Out, document, 0o644) //nolint:gosec // everybody may read it
	}
	_, err = out.Write(document)
	return err
}
