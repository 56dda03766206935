package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// checkVars gives one message for each package variable that changes after its package was initialised.
func checkVars(files []goFile) []string {
	var wrong []string
	for _, f := range files {
		if f.test {
			continue
		}
		for _, v := range f.mutable {
			wrong = append(wrong, fmt.Sprintf("%s: the package variable %s is made to be changed: make it a field of what uses it", f.name, v))
		}
		for _, v := range f.vars {
			i := slices.IndexFunc(files, func(o goFile) bool {
				return !o.test && o.pkg() == f.pkg() && slices.Contains(o.assigns, v)
			})
			if i >= 0 {
				wrong = append(wrong, fmt.Sprintf("%s assigns to the package variable %s: make it a field of what uses it", files[i].name, v))
			}
		}
	}
	return wrong
}

// packageVars gives the names of a file's package variables, and of those that hold a lock, a counter or the like.
func packageVars(file *ast.File) (all, mutable []string) {
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			spec := s.(*ast.ValueSpec) //nolint:forcetypeassert // a var declaration has no other kind
			for _, n := range spec.Names {
				all = append(all, n.Name)
				if holdsState(spec.Type) || slices.ContainsFunc(spec.Values, literalHoldsState) {
					mutable = append(mutable, n.Name)
				}
			}
		}
	}
	return all, mutable
}

func literalHoldsState(e ast.Expr) bool {
	if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.AND {
		e = u.X
	}
	c, ok := e.(*ast.CompositeLit)
	return ok && holdsState(c.Type)
}

func holdsState(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.StarExpr:
		return holdsState(t.X)
	case *ast.IndexExpr: // atomic.Pointer[T]
		return holdsState(t.X)
	case *ast.SelectorExpr:
		x, ok := t.X.(*ast.Ident)
		return ok && (x.Name == "sync" || x.Name == "atomic")
	}
	return false
}

// packageAssigns gives the names of package variables that a file's functions assign to, by =, op=, ++, an
// index or a field. It sees neither a pointer taken nor a method that changes its receiver.
func packageAssigns(file *ast.File) []string {
	var names []string
	note := func(e ast.Expr) {
		if id := root(e); id != nil && id.Name != "_" && outsideFunctions(file, id) {
			names = append(names, id.Name)
		}
	}
	for _, d := range file.Decls {
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, e := range n.Lhs {
						note(e)
					}
				}
			case *ast.IncDecStmt:
				note(n.X)
			}
			return true
		})
	}
	return names
}

// root is the variable that an assignment changes: x of x, x[i], x.f.
func root(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.Ident:
		return e
	case *ast.IndexExpr:
		return root(e.X)
	case *ast.SelectorExpr:
		return root(e.X)
	case *ast.ParenExpr:
		return root(e.X)
	}
	return nil
}

// outsideFunctions says whether a name belongs to the package: the parser knows the locals of each function.
func outsideFunctions(file *ast.File, id *ast.Ident) bool {
	return id.Obj == nil || file.Scope.Lookup(id.Name) == id.Obj
}
