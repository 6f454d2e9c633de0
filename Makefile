# `make` alone lists the targets.

GO      ?= go
BIN     ?= bin
VERSION ?= 0.1.0-dev
PURE    := CGO_ENABLED=0
FLAGS   := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
DEPS    := .ci/deps
# What the tests compare Grove with: another minisign, another HTTP server.
TESTDEPS := minisign nginx curl openssl ca-certificates
STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2

.DEFAULT_GOAL := help
.PHONY: help build demo test race lint fuzz bench cross docs proto clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/grove
	@$(DEPS)
	$(PURE) $(GO) build $(FLAGS) -o $(BIN)/grove ./cmd/grove

demo: ## the main job, real and on loopback: sign, serve, seed, download through all of them (a minute)
	@$(DEPS)
	@$(PURE) $(GO) build $(FLAGS) -o $(BIN)/grove ./cmd/grove
	@$(PURE) $(GO) run ./cmd/internal/demo -grove $(BIN)/grove

test: ## run every test; installs what it needs
	@$(DEPS) $(TESTDEPS)
	GROVE_CI=1 GROVE_LOCAL_ONLY=1 $(PURE) $(GO) test -timeout 10m ./...

race: ## the same tests under the race detector
	@$(DEPS) $(TESTDEPS) gcc libc6-dev
	GROVE_LOCAL_ONLY=1 CGO_ENABLED=1 $(GO) test -race -short -timeout 20m ./...

lint: ## gofmt, go vet and staticcheck
	@$(DEPS)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "gofmt would change these files" >&2; exit 1; }
	$(PURE) $(GO) vet ./...
	$(PURE) $(STATICCHECK) ./...

# Inputs, not seconds: the go command now and then reports its own deadline as
# a failure of the target (context deadline exceeded).
FUZZTIME ?= 200000x
fuzz: ## every fuzz target for FUZZTIME inputs (200000x), some minutes
	@$(DEPS)
	@mkdir -p $(BIN)
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for f in $$(grep -hos '^func Fuzz[A-Za-z0-9]*' $$($(GO) list -f '{{.Dir}}' $$pkg)/*_test.go | cut -c6-); do \
	    echo "$$pkg $$f"; $(PURE) $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg >$(BIN)/fuzz.log 2>&1 || { cat $(BIN)/fuzz.log; exit 1; }; \
	  done; done

bench: ## the figures of docs/BENCHMARKS.md, as ratios inside one run (about 15 minutes)
	@$(DEPS) nginx curl openssl
	@$(PURE) $(GO) build $(FLAGS) -o $(BIN)/grove ./cmd/grove
	@$(PURE) $(GO) run ./cmd/internal/bench -grove $(BIN)/grove

cross: ## build for linux, windows and darwin on amd64 and arm64
	@$(DEPS)
	@set -e; for os in linux windows darwin; do for arch in amd64 arm64; do \
	  ext=; [ $$os = windows ] && ext=.exe; echo "$(BIN)/$$os-$$arch/grove$$ext"; \
	  $(PURE) GOOS=$$os GOARCH=$$arch $(GO) build $(FLAGS) -o $(BIN)/$$os-$$arch/grove$$ext ./cmd/grove; done; done

docs: ## write docs/CLI.md and docs/man from the command table
	@$(DEPS)
	$(PURE) $(GO) generate ./cmd/grove

proto: ## generate the control messages from their .proto file
	@$(DEPS) protobuf-compiler
	$(GO) generate ./p2p/...

clean: ## delete what was built
	rm -rf $(BIN)
