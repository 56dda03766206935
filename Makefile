# Every target that people use has a line "name: … ## what it does"; `make help` shows them.
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
ARGS     ?=
SEEDS    ?= 1000000
FROM     ?= 1

.DEFAULT_GOAL := help
.PHONY: help build run demo web ui test check full load soak bench generate fmt clean go

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: go ui ## build bin/rouse: one static binary, with the web UI where Node is there
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/rouse ./cmd/rouse

run: build ## build and start the server; its data is in ./data
	@mkdir -p data
	ROUSE_DATABASE_URL="$${ROUSE_DATABASE_URL:-sqlite:data/rouse.db}" exec bin/rouse serve $(ARGS)

demo: build ## show the whole product with a made-up organisation; nothing is left at the end (ARGS='--weeks 20')
	@exec bin/rouse demo $(ARGS)

# What the UI is built from. It is built again only where one of them is newer.
UI      := internal/adapters/webui/dist/index.html
UI_FROM := $(shell find web/src web/public -type f) $(wildcard web/*.html web/*.ts web/package-lock.json web/tsconfig.json)

web: $(UI) ## build the web UI (needs Node 20.19 or newer); the next make build takes it in

$(UI): $(UI_FROM) web/node_modules/.package-lock.json
	cd web && npm run --silent build

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Without Node the program is built all the same: it then shows plain pages.
ui:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web; \
	elif [ ! -e $(UI) ]; then echo "Node is missing: this build has no web UI, only plain pages. Install Node 20.19 or newer (https://nodejs.org) and make again."; \
	else echo "Node is missing: this build has the web UI as it was built before."; fi

test: go ## run all tests (or PACKAGES=./internal/x/...) with the race detector; installs what they need where it may
	@sh scripts/check.sh parts test

check: go ## everything that CI runs, with the time of each stage
	@sh scripts/check.sh parts generate lint vet shape web build test

full: go ## check, and the tests that take longer
	@ROUSE_FULL=1 TEST_TIMEOUT="$${TEST_TIMEOUT:-60m}" sh scripts/check.sh parts generate lint vet shape web build test load

load: go ## run k6 against the built program: senders that burst, people who read (LOAD_SECONDS=60 LOAD_RATE=100 LOAD_SLACK=1)
	@sh scripts/check.sh parts load

soak: go ## live SEEDS histories (a million) from FROM on in the simulation, until one fails
	@$(GO) test ./internal/sim -count=1 -timeout 0 -run '^TestSeeds$$' -seeds $(SEEDS) -from $(FROM) -first

bench: build ## measure the server against this machine's own limits
	bin/rouse bench $(ARGS)

generate: go ## make again what is generated
	$(GO) generate ./...
	@if command -v npm >/dev/null; then sh scripts/client.sh; else echo "Node is missing: the web UI's client of the API was not made again."; fi

fmt: go ## format the code
	@git ls-files -z --cached --others --exclude-standard -- '*.go' | xargs -0 gofmt -l -w

clean: ## remove what was built (data stays)
	rm -rf bin web/node_modules web/tools/node_modules
	find internal/adapters/webui/dist -mindepth 1 ! -name .gitkeep -delete

go:
	@command -v $(GO) >/dev/null || { echo "Go is missing: install Go 1.26 or newer (https://go.dev/dl) and put it into PATH." >&2; exit 1; }
