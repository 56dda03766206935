package httpapi

import (
	"regexp"
	"strings"
)

// plainWords are what the API's framework says of a value, and what people understand; $1 is what it was measured by.
var plainWords = []struct {
	said *regexp.Regexp
	ours string
}{
	{regexp.MustCompile(`^expected length >= 1$`), "write something here"},
	{regexp.MustCompile(`^expected length >= (\d+)$`), "write at least $1 characters"},
	{regexp.MustCompile(`^expected length <= (\d+)$`), "write at most $1 characters"},
	{regexp.MustCompile(`^expected array length >= (\d+)$`), "name at least $1"},
	{regexp.MustCompile(`^expected array length <= (\d+)$`), "name at most $1"},
	{regexp.MustCompile(`^expected number >= (\S+)$`), "it must be at least $1"},
	{regexp.MustCompile(`^expected number <= (\S+)$`), "it must be at most $1"},
	{regexp.MustCompile(`^expected value to be one of "(.*)"$`), "it must be one of $1"},
	{regexp.MustCompile(`^expected required property (\S+) to be present$`), "$1 is missing"},
	{regexp.MustCompile(`^invalid date/time for format .*$`), "this is no moment, like 2026-03-02T03:12:00Z"},
}

// plainly gives what is wrong with a value in the user's words; what has none stays as it is.
func plainly(said string) string {
	for _, w := range plainWords {
		if w.said.MatchString(said) {
			return w.said.ReplaceAllString(said, w.ours)
		}
	}
	return said
}

// allPlainly sums up what is wrong, each thing at its field.
func allPlainly(list []Detail) string {
	parts := make([]string, 0, len(list))
	for _, d := range list {
		text := d.Message
		if field := strings.TrimPrefix(d.Field, "body."); field != "" && field != "body" {
			text = field + ": " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}
