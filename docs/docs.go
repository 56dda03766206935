// Package docs holds what people read, as it was when the program was built.
package docs

import "embed"

// Files are the guide and the reference: Markdown, by path.
//
//go:embed guide/*.md reference/*.md
var Files embed.FS
