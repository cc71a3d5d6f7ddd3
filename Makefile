# make help lists the targets. Needed: Go, git and make; a C compiler for the race detector only.

GO       ?= go
BIN      := bin
FUZZTIME ?= 30s
BENCH    ?= .
COUNT    ?= 6
EXTENT   ?= 100
# 0/2: of what varies the main paths, and of the scripts, the first half.
VARIANTS ?=
BENCHFLAGS ?=
# All tests of package batch.
OPERATIONS ?= .
# 0/4: every fourth mutant from the first.
PART     ?=
# -short: some of the weather.
WEATHERFLAGS ?=

# What was translated from C has no goroutines, and its locks are libc's, which the race detector must see: without them
# it reports races that are none. In the rest of it there is nothing to find, and it would double the time.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false

# make vet has looked at the tests, and nobody debugs them: so they are built sooner.
SOONER := -vet=off -ldflags=-w

# The packages whose tests do more when TEST_PERCENT is more. Of the others the results of make test are kept, as long
# as the time that they may take is the same: it is part of what Go compares.
REPEATING = $$(grep -rlE --include='*_test.go' 'testextent\.(Count|Step|Checks|Plain|Spaced|Variant)' . | xargs -n 1 dirname | sort -u)

# The systems that must compile.
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# The pinned tools, and the tests that need a browser or proxies: modules of their own, so that they never touch the
# dependencies of bulknum.
TOOLS   := internal/tools
E2E     := internal/e2e
WEATHER := internal/weather
RELEASE := internal/release
# A sample that is a program, which must compile and do what it says.
EMBED   := samples/embed
LINT    := $(BIN)/golangci-lint
STAT    := $(BIN)/benchstat

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

##@ Build

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/bulknum for this machine
	$(GO) build -trimpath -o $(BIN)/ .

.PHONY: cross
cross: ## compile for Linux, macOS and Windows, amd64 and arm64
	@for p in $(PLATFORMS); do \
		echo "cross $$p"; \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -o /dev/null . || exit 1; \
	done

.PHONY: release
release: ## build what a release of the last commit has, for all systems, into dist/
	$(GO) run -C $(RELEASE) -trimpath . -out $(CURDIR)/dist -platforms '$(PLATFORMS)'
	@cat dist/checksums.txt

.PHONY: man
man: ## write the man pages into man/, one a command
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} $(GO) run -C $(TOOLS) ./man $(CURDIR)/man

.PHONY: docs
docs: ## write docs/flags.md from the commands' own help
	$(GO) run -C $(TOOLS) ./flags $(CURDIR)/docs/flags.md

.PHONY: schemas
schemas: ## write docs/schemas from the types of what is written for programs
	$(GO) run -C $(TOOLS) ./schemas $(CURDIR) $(CURDIR)/docs/schemas

##@ Test

.PHONY: test
test: ## run the tests: the main paths, and of what they repeat a tenth
	$(GO) test ./...

.PHONY: long
long: export TEST_PERCENT = $(EXTENT)
long: export TEST_VARIANTS = $(VARIANTS)
long: ## run the tests in full (EXTENT=100): those of which there is more to run than make test has run
	$(GO) test $$($(GO) list ./... | grep -vxF "$$($(GO) list $(REPEATING))")
	$(GO) test $(SOONER) -timeout 30m $(REPEATING)

.PHONY: race
race: export TEST_PERCENT = 3
race: export TEST_VARIANTS = $(VARIANTS)
race: c-compiler ## run the tests with the race detector, in random order, and little of what they repeat
	CGO_ENABLED=1 $(GO) test $(RACE) $(SOONER) -shuffle=on -timeout 15m $$($(GO) list ./... | grep -vE '/internal/(durability|hosts)$$')

.PHONY: e2e
e2e: ## open reports in a real browser, which must be there: chromium, or what CHROMIUM names
	$(GO) test -C $(E2E) ./...

.PHONY: weather
weather: ## put nginx, HAProxy, Squid and toxiproxy before the API; all but toxiproxy must be there
	$(GO) test -C $(WEATHER) -count 1 $(WEATHERFLAGS) ./...

.PHONY: manifests
manifests: ## are the samples for Kubernetes as it wants them, and do their command lines work?
	$(GO) test -C $(TOOLS) -count 1 ./kubernetes

.PHONY: release-test
release-test: ## build a release for Linux twice, compare, and install the deb on a copy of this machine, as root
	$(GO) test -C $(RELEASE) -count 1 ./...

.PHONY: embed
embed: c-compiler ## run the tests of samples/embed with the race detector
	CGO_ENABLED=1 $(GO) test -C $(EMBED) $(RACE) ./...

.PHONY: picture
picture: ## make docs/cutover.png, the README's picture, anew
	rm -rf $(BIN)/picture
	E2E_OUT=$(CURDIR)/$(BIN)/picture $(GO) test -C $(E2E) -run TestPicture -count 1 .
	cp $(BIN)/picture/TestPicture-cutover.png docs/cutover.png

.PHONY: crash
crash: export TEST_PERCENT = 1000
crash: ## kill the command 2000 times and resume it
	$(GO) test -run '^TestCrash$$' -count 1 -timeout 2h -v ./internal/acceptance

.PHONY: power
power: export TEST_PERCENT = 1000
power: ## cut the power at 240 moments, and fill the disk at each write; needs strace, and root for the disk
	$(GO) test -run 'Power|ALoss|FullDisk|CannotGrow' -count 1 -timeout 1h -v ./internal/durability

.PHONY: nights
nights: export TEST_PERCENT = 1825
nights: ## 365 nights of 10,000 rows, with and without --keep: size, and how soon the last one begins; and their removal
	$(GO) test -run 'AYear' -count 1 -timeout 1h -v ./internal/durability

.PHONY: postgres
postgres: ## the operations' tests with their stores in PostgreSQL; OPERATIONS: which, a regular expression
	CI=1 TEST_STORE=postgres $(GO) test -run '$(OPERATIONS)' -count 1 -timeout 1h ./batch

.PHONY: soak
soak: export TEST_PERCENT = 167
soak: ## two hosts with one store in PostgreSQL, killed, stopped and cut off 501 times; three workers, killed for five minutes
	CI=1 $(GO) test -run '^(TestSoak|TestWorkersFollowEachOther)$$' -parallel 8 -count 1 -timeout 2h -v ./internal/hosts

.PHONY: cover
cover: ## test coverage: coverage.html, and the total
	rm -rf $(BIN)/cover && mkdir -p $(BIN)/cover
	$(GO) test -cover -coverpkg=./... ./... -args -test.gocoverdir=$(CURDIR)/$(BIN)/cover
	$(GO) tool covdata textfmt -i $(BIN)/cover -o coverage.out
	$(GO) tool cover -html=coverage.out -o coverage.html
	@$(GO) tool cover -func=coverage.out | tail -n 1

.PHONY: histories
histories: export TEST_PERCENT = 7000
histories: ## hold 21,000 random histories, new ones each time, against the model
	$(GO) test ./internal/model -run '^TestHistories$$' -count 1 -timeout 6h -v -rapid.seed=0

.PHONY: mutants
mutants: ## undo mendings one by one, and see that the model test notices each; PART=0/4: a fourth
	GO='$(GO)' PART='$(PART)' bash .ci/mutants

.PHONY: fuzz
fuzz: histories ## run the histories, and every fuzz target for FUZZTIME (30s)
	@found=0; for pkg in $$($(GO) list ./...); do \
		targets=$$($(GO) test -list '^Fuzz' $$pkg) || { echo "$$targets"; exit 1; }; \
		for target in $$(echo "$$targets" | grep '^Fuzz'); do \
			echo "fuzz $$pkg $$target"; found=1; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done; \
	[ $$found = 1 ] || { echo "make fuzz: no fuzz target found"; exit 1; }

.PHONY: bench
bench: build ## measure everything that has an aim, beside its peers (bench/peers.sh); BENCHFLAGS: -long, -rounds N, -only PART
	$(GO) build -C $(TOOLS) -o $(CURDIR)/$(BIN)/bench ./bench
	$(BIN)/bench $(BENCHFLAGS) $(BIN)/bulknum

.PHONY: benchmarks
benchmarks: $(STAT) ## run the benchmarks BENCH (all) COUNT (6) times; bin/bench.txt, and a summary
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./... > $(BIN)/bench.txt || { cat $(BIN)/bench.txt; exit 1; }
	$(STAT) $(BIN)/bench.txt

##@ Check

.PHONY: check
check: c-compiler fmt vet lint tidy-diff docs-diff cross race embed manifests long postgres ## everything that must hold before a commit

.PHONY: fmt
fmt: ## are all files formatted?
	@out=$$(gofmt -l .); \
	[ -z "$$out" ] || { echo "not formatted, run gofmt -w on:"; echo "$$out"; exit 1; }

.PHONY: vet
vet: ## go vet, all modules
	$(GO) vet ./...
	$(GO) vet -C $(TOOLS) ./...
	$(GO) vet -C $(E2E) ./...
	$(GO) vet -C $(WEATHER) ./...
	$(GO) vet -C $(RELEASE) ./...
	$(GO) vet -C $(EMBED) ./...

.PHONY: lint
lint: $(LINT) ## golangci-lint, all modules; actionlint, the workflows
	$(LINT) run
	cd $(TOOLS) && $(CURDIR)/$(LINT) run --config $(CURDIR)/.golangci.yml
	cd $(E2E) && $(CURDIR)/$(LINT) run --config $(CURDIR)/.golangci.yml
	cd $(WEATHER) && $(CURDIR)/$(LINT) run --config $(CURDIR)/.golangci.yml
	cd $(RELEASE) && $(CURDIR)/$(LINT) run --config $(CURDIR)/.golangci.yml
	$(GO) tool -C $(RELEASE) actionlint $(CURDIR)/.github/workflows/*.yml
	cd $(EMBED) && $(CURDIR)/$(LINT) run --config $(CURDIR)/.golangci.yml

.PHONY: tidy-diff
tidy-diff: ## are go.mod and go.sum of all modules as make tidy would write them?
	$(GO) mod tidy -diff
	$(GO) mod tidy -C $(TOOLS) -diff
	$(GO) mod tidy -C $(E2E) -diff
	$(GO) mod tidy -C $(WEATHER) -diff
	$(GO) mod tidy -C $(RELEASE) -diff
	$(GO) mod tidy -C $(EMBED) -diff

.PHONY: docs-diff
docs-diff: ## are docs/flags.md and docs/schemas as make docs and make schemas would write them?
	@mkdir -p $(BIN)
	$(GO) run -C $(TOOLS) ./flags $(CURDIR)/$(BIN)/flags.md
	diff docs/flags.md $(BIN)/flags.md
	rm -rf $(BIN)/schemas
	$(GO) run -C $(TOOLS) ./schemas $(CURDIR) $(CURDIR)/$(BIN)/schemas
	diff -r docs/schemas $(BIN)/schemas

.PHONY: tidy
tidy: ## go mod tidy, all modules: the tools document bulknum, so its dependencies are theirs too
	$(GO) mod tidy
	$(GO) mod tidy -C $(TOOLS)
	$(GO) mod tidy -C $(E2E)
	$(GO) mod tidy -C $(WEATHER)
	$(GO) mod tidy -C $(RELEASE)
	$(GO) mod tidy -C $(EMBED)

.PHONY: clean
clean: ## remove what make has built
	rm -rf $(BIN) dist man coverage.out coverage.html

.PHONY: c-compiler
c-compiler:
	@cc=$$($(GO) env CC); command -v $${cc%% *} >/dev/null || { \
		echo "the race detector needs a C compiler and there is no $$cc:"; \
		echo "install gcc or clang (Debian: apt install gcc libc6-dev), or run make test, which needs none"; \
		exit 1; }

$(LINT): $(TOOLS)/go.mod $(TOOLS)/go.sum
	$(GO) build -C $(TOOLS) -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(STAT): $(TOOLS)/go.mod $(TOOLS)/go.sum
	$(GO) build -C $(TOOLS) -o $(CURDIR)/$@ golang.org/x/perf/cmd/benchstat
