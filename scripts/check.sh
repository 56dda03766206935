#!/bin/sh
# Runs the stages named on its command line, all of them even where one fails, and prints the time of each.
# PACKAGES (default ./...) are those to test, TEST_TIMEOUT (20m) is for each of them.
# At the end: what could not be run and why, and the line "N passed, N failed, N skipped".
set -eu
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
: >"$work/skipped" >"$work/times"

# skip WHAT WHY: on a developer's machine something may be missing, in CI nothing may.
skip() {
	echo "$1: $2" >>"$work/skipped"
	echo "skipped: $1: $2"
	[ "${CI:-}" != true ]
}

stage_parts() {
	still=$(sh scripts/parts.sh) || return 1
	missing=
	for part in $still; do
		missing=$part
		skip "tests that need $part" "it is not installed, and installing it takes root and apt-get" || return 1
	done
	if ! sh scripts/tools.sh all >/dev/null; then
		missing=tools
		skip "tests of infrastructure/" "what scripts/tools.sh makes could not be had here" || return 1
	fi
	[ -n "$missing" ] || touch "$work/parts"
}

# In a copy, so that a stale file is found even where it was not committed yet and the tree stays as it is.
stage_generate() {
	mkdir "$work/copy"
	if ! git rev-parse --git-dir >/dev/null 2>&1; then
		skip generate "what is committed is known only in a git checkout"
		return
	fi
	git ls-files -z --cached --others --exclude-standard | tar -c --null -T - 2>/dev/null | tar -x -C "$work/copy"
	(
		cd "$work/copy"
		git init -q . && git add -A
		go generate ./...
		git add -A -N
		git diff --exit-code || { echo "generated files are stale: run make generate and commit what it changes"; exit 1; }
	)
}

stage_lint() {
	if ! lint=$(sh scripts/tools.sh golangci-lint); then
		skip lint "golangci-lint could not be built here"
		return
	fi
	"$lint" run ./...
}

# LOAD_SECONDS and LOAD_RATE (requests a second at the height) make it longer and harder, LOAD_SLACK multiplies what is allowed.
stage_load() {
	if ! k6=$(sh scripts/tools.sh k6); then
		skip load "k6 could not be built here"
		return
	fi
	ROUSE_K6=$k6 go test -count=1 -timeout 20m ./test/load
}

stage_vet() { go vet ./...; }

# The import rules, package variables, docs/map.md against the tree, file lengths.
stage_shape() { go test -count=1 ./internal/archtest; }

# The web UI: its client of the API against the document, types, lint, tests, the bundle and its size.
stage_web() {
	if ! command -v npm >/dev/null || ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; then
		skip web "it needs Node 20.19 or newer"
		return
	fi
	sh scripts/client.sh --check || return 1
	make --no-print-directory web
	cd web
	npm run --silent check
	npm run --silent lint
	npm run --silent test
	node tools/size.mjs
}

stage_build() { make --no-print-directory build; }

stage_test() {
	[ -e "$work/parts" ] && export ROUSE_REQUIRE_PARTS=1
	race=-race
	if [ "$(go env CGO_ENABLED)" != 1 ] || ! command -v "$(go env CC)" >/dev/null; then
		race=
		skip "the race detector" "it needs a C compiler" || return 1
	fi
	go build -o "$work/testsum" ./scripts/testsum
	# shellcheck disable=SC2086 # $race may be nothing, PACKAGES several
	{ go test $race -count=1 -json -timeout "${TEST_TIMEOUT:-20m}" ${PACKAGES:-./...} 2>"$work/test.err" || true; } |
		"$work/testsum" "$work/counts" || { cat "$work/test.err"; return 1; }
}

passed=0 failed=0 skipped=0
for stage in "$@"; do
	echo "== $stage"
	start=$(date +%s)
	# In a shell of its own, because `set -e` does not hold in a function that is asked for its outcome.
	set +e
	(set -e; "stage_$stage")
	outcome=$?
	set -e
	if [ "$outcome" = 0 ]; then word=ok; else word=FAILED; fi
	printf '%-10s %4ss  %s\n' "$stage" "$(($(date +%s) - start))" "$word" | tee -a "$work/times"
	# The tests count one by one; another stage that failed counts as one.
	if [ "$outcome" != 0 ] && ! { [ "$stage" = test ] && [ -s "$work/counts" ]; }; then failed=$((failed + 1)); fi
done

if [ -s "$work/counts" ]; then
	read -r p f s <"$work/counts"
	passed=$p failed=$((failed + f)) skipped=$s
fi
echo "== time of each stage"
cat "$work/times"
if [ -s "$work/skipped" ]; then
	echo "== not run"
	cat "$work/skipped"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
