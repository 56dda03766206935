# Every target that people use has a line "name: … ## what it does"; `make help` shows them.
GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
ARGS     ?=
SEEDS    ?= 1000000
FROM     ?= 1

.DEFAULT_GOAL := help
.PHONY: help build run test check full load soak bench generate fmt clean go

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: go ## build bin/rouse: one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/rouse ./cmd/rouse

run: build ## build and start the server; its data is in ./data
	@mkdir -p data
	ROUSE_DATABASE_URL="$${ROUSE_DATABASE_URL:-sqlite:data/rouse.db}" exec bin/rouse serve $(ARGS)

test: go ## run all tests (or PACKAGES=./internal/x/...) with the race detector; installs what they need where it may
	@sh scripts/check.sh parts test

check: go ## everything that CI runs, with the time of each stage
	@sh scripts/check.sh parts generate lint vet shape build test

full: go ## check, and the tests that take longer
	@ROUSE_FULL=1 sh scripts/check.sh parts generate lint vet shape build test load

load: go ## run k6 against the built program: senders that burst, people who read (LOAD_SECONDS=60 LOAD_RATE=100 LOAD_SLACK=1)
	@sh scripts/check.sh parts load

soak: go ## live SEEDS histories (a million) from FROM on in the simulation, until one fails
	@$(GO) test ./internal/sim -count=1 -timeout 0 -run '^TestSeeds$$' -seeds $(SEEDS) -from $(FROM) -first

bench: build ## measure the server against this machine's own limits
	bin/rouse bench $(ARGS)

generate: go ## make again what is generated
	$(GO) generate ./...

fmt: go ## format the code
	@git ls-files -z --cached --others --exclude-standard -- '*.go' | xargs -0 gofmt -l -w

clean: ## remove what was built (data stays)
	rm -rf bin

go:
	@command -v $(GO) >/dev/null || { echo "Go is missing: install Go 1.26 or newer (https://go.dev/dl) and put it into PATH." >&2; exit 1; }
