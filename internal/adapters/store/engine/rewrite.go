package engine

import (
	"regexp"
	"strings"
)

// In one SQL text for both engines these words, in braces, mean:
//
//	{in $1}          is one of the list $1
//	{contains a, $1} the text a has $1 in it
//	{plain a}        the column a, found by no index of its own
//	{only sqlite …}  said to SQLite alone, as {only postgres …} is to PostgreSQL: where one way is far quicker
//	{for update …}   lock the rows to the end of the transaction; SQLite has one writer and needs none
var words = regexp.MustCompile(`\{(in|for update|contains|plain|only postgres|only sqlite)([^}]*)\}`)

// ForPostgres rewrites a text for PostgreSQL.
func ForPostgres(query string) string {
	return rewrite(query, map[string]func(string) string{
		"in":         func(arg string) string { return "= ANY (" + arg + ")" },
		"for update": func(arg string) string { return "FOR UPDATE " + arg },
		"contains":   func(arg string) string { return "strpos(" + arg + ") > 0" },
		"plain":      func(arg string) string { return arg },

		"only postgres": func(arg string) string { return arg },
		"only sqlite":   func(string) string { return "" },
	})
}

// ForSQLite rewrites a text for SQLite; lists are given to it as JSON.
func ForSQLite(query string) string {
	return rewrite(query, map[string]func(string) string{
		"in":         func(arg string) string { return "IN (SELECT value FROM json_each(" + arg + "))" },
		"for update": func(string) string { return "" },
		"contains":   func(arg string) string { return "instr(" + arg + ") > 0" },
		"plain":      func(arg string) string { return "+" + arg },

		"only postgres": func(string) string { return "" },
		"only sqlite":   func(arg string) string { return arg },
	})
}

func rewrite(query string, with map[string]func(arg string) string) string {
	if !strings.Contains(query, "{") {
		return query
	}
	return words.ReplaceAllStringFunc(query, func(word string) string {
		m := words.FindStringSubmatch(word)
		return with[m[1]](strings.TrimSpace(m[2]))
	})
}
