# `make` alone lists the targets.

GO      ?= go
BIN     ?= bin
VERSION ?= 0.1.0-dev
PURE    := CGO_ENABLED=0
FLAGS   := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
DEPS    := .ci/deps
# What the tests compare Grove with: another minisign, another HTTP server.
TESTDEPS := minisign nginx curl openssl ca-certificates dbus libglib2.0-bin iproute2
STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
# Without a C compiler the toolkit is built with its test driver and without
# the fonts of this machine, so that pictures are the same everywhere.
TEST := -tags ci,test
# The test driver forgets what it has not drawn for so long, which a slow
# machine takes for more than the usual minute.
export FYNE_CACHE := 1h
# Two kinds of window: x11 leaves Wayland to XWayland, migrated_fynedo trusts
# that the toolkit is only called where it may be.
WINDOW    := -tags x11,migrated_fynedo
GUIDEPS   := gcc libc6-dev pkgconf libgl-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev
SHOWDEPS  := libgl1-mesa-dri libx11-6 libxcursor1 libxrandr2 libxinerama1 libxi6 libxxf86vm1 xdg-utils
LABDEPS   := iproute2 nftables nginx curl python3-libtorrent
E2EDEPS   := xvfb xauth openbox xdotool x11-utils imagemagick dbus xclip python3-gi gir1.2-gtk-3.0

# Nothing a test does leaves this computer, and what else is on the local
# network does not decide how it ends.
ALONE := GROVE_LOCAL_ONLY=1 GROVE_FINDERS=none

.DEFAULT_GOAL := help
.PHONY: help build desktop run demo test e2e measure lab sim screenshots race lint fuzz bench cross docs proto clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/grove
	@$(DEPS)
	$(PURE) $(GO) build $(FLAGS) -o $(BIN)/grove ./cmd/grove

desktop: ## build bin/grove-desktop, the program with the window (minutes the first time)
	@$(DEPS) $(GUIDEPS)
	CGO_ENABLED=1 $(GO) build $(WINDOW) $(FLAGS) -o $(BIN)/grove-desktop ./cmd/grove-desktop

run: desktop ## build the window and open it
	@$(DEPS) $(SHOWDEPS)
	$(BIN)/grove-desktop

demo: ## the main job, real and on loopback: sign, serve, seed, download through all of them (a minute)
	@$(DEPS)
	@$(PURE) $(GO) build $(FLAGS) -o $(BIN)/grove ./cmd/grove
	@$(PURE) $(GO) run ./cmd/internal/demo -grove $(BIN)/grove

test: ## run every test; installs what it needs
	@$(DEPS) $(TESTDEPS)
	GROVE_CI=1 $(ALONE) $(PURE) $(GO) test $(TEST) -timeout 10m ./...

# GLES is built in a fifth of the time of desktop OpenGL and looks the same
# here; without migrated_fynedo calls from a wrong thread are reported.
e2e: build ## the window on a screen without a monitor, from a typed link to the opened folder
	@$(DEPS) $(GUIDEPS) $(SHOWDEPS) $(E2EDEPS)
	CGO_ENABLED=1 $(GO) build -tags x11,gles $(FLAGS) -o $(BIN)/grove-desktop-e2e ./cmd/grove-desktop
	$(ALONE) $(PURE) $(GO) test -tags e2e -count=1 -timeout 10m -v ./cmd/internal/e2e -grove $(CURDIR)/$(BIN)/grove -desktop $(CURDIR)/$(BIN)/grove-desktop-e2e

measure: build desktop ## what the window costs, beside an empty window of the toolkit (3 minutes)
	@$(DEPS) $(SHOWDEPS) $(E2EDEPS)
	CGO_ENABLED=1 $(GO) build $(WINDOW) $(FLAGS) -o $(BIN)/empty ./cmd/internal/e2e/testdata/empty
	$(ALONE) $(PURE) $(GO) test -tags e2e -count=1 -run TestMeasure -v ./cmd/internal/e2e -grove $(CURDIR)/$(BIN)/grove -desktop $(CURDIR)/$(BIN)/grove-desktop -empty $(CURDIR)/$(BIN)/empty
	$(PURE) $(GO) test $(TEST) -run '^$$' -bench Show -benchmem ./ui/...

# It is a small internet of its own: nothing in it leads out of this computer.
# ONLY=nat,dht runs some of it, ONLY=meet what docs/NETWORKING.md has (5 minutes),
# ONLY=crowd docs/CROWD.md, ONLY=interference,throttled docs/MANNERS.md; bin/lab -list says what there is. RUNS is how often
# each crowd is measured.
RUNS ?= 3
lab: ## finding and reaching each other, and crowds, in network namespaces; needs root and 4 GB (95 minutes)
	@$(DEPS) $(LABDEPS)
	@$(PURE) $(GO) build $(FLAGS) -o $(BIN)/grove ./cmd/grove
	@$(PURE) $(GO) build -o $(BIN)/lab ./cmd/internal/lab
	@$(BIN)/lab -grove $(BIN)/grove -md -runs $(RUNS) -only "$(ONLY)"

# PEERS is the largest crowd: 1000 takes two to eight minutes, 50000 an hour or two and 2 GB.
# SEED decides everything that is random.
PEERS ?= 10000
SEED  ?= 1
sim: ## crowds of up to PEERS (10000) in virtual time, into docs/SIMULATION.md and its plot (15 to 30 minutes)
	@$(DEPS)
	$(PURE) $(GO) test $(TEST) -run 'TestSimulation$$' -count=1 -timeout 2h -v ./app -sim.peers $(PEERS) -sim.seed $(SEED) \
	  -sim.out $(CURDIR)/docs/SIMULATION.md -sim.plot $(CURDIR)/docs/pictures/simulation.svg

screenshots: ## draw the pictures of docs/TOUR.md again
	@$(DEPS)
	GROVE_GOLDEN=update $(PURE) $(GO) test $(TEST) -count=1 -run TestScreenshots ./ui

race: ## the same tests under the race detector
	@$(DEPS) $(TESTDEPS) gcc libc6-dev
	$(ALONE) CGO_ENABLED=1 $(GO) test $(TEST) -race -short -timeout 20m ./...

lint: ## gofmt, go vet and staticcheck
	@$(DEPS)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "gofmt would change these files" >&2; exit 1; }
	$(PURE) $(GO) vet $(TEST) ./...
	$(PURE) $(STATICCHECK) $(TEST) ./...

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

bench: ## the figures of docs/BENCHMARKS.md, as ratios inside one run (about 20 minutes)
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
