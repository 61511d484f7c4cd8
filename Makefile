# CinemaSphere. "make" alone lists the targets.
.DEFAULT_GOAL := help
BIN := bin/cinemasphere
# Whether the program says which commit it is of: not where git cannot tell.
VCS = $(shell git status --porcelain >/dev/null 2>&1 && echo auto || echo false)
VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build and start the demo on http://localhost:8080 (no money moves)
	MPESA_ENV=simulator $(BIN) serve

.PHONY: build
build: ## write bin/cinemasphere, the whole product in one file
	CGO_ENABLED=0 go build -trimpath -buildvcs=$(VCS) -o $(BIN) ./cmd/cinemasphere

# What a release is made for, as system/processor, and where it goes.
RELEASES := linux/amd64 linux/arm64 linux/armv7
DIST := dist

.PHONY: release
release: ## write the programs of a release into dist/, with their hashes and a list of what is in each (SBOM)
	@rm -rf $(DIST) && mkdir -p $(DIST)
	@set -e; for target in $(RELEASES); do \
		name=cinemasphere-$$(echo $$target | tr / -); arch=$${target#*/}; \
		echo $(DIST)/$$name; \
		CGO_ENABLED=0 GOFLAGS= GOOS=$${target%/*} GOARCH=$${arch%v7} GOARM=7 GOAMD64=v1 GOARM64=v8.0 \
			go build -trimpath -buildvcs=$(VCS) -ldflags='-s -w -buildid=' -o $(DIST)/$$name ./cmd/cinemasphere; \
		go -C .ci/sbom tool cyclonedx-gomod bin -json -std -noserial -notimestamp -version=$(VERSION) \
			-output=$(abspath $(DIST))/$$name.cdx.json $(abspath $(DIST))/$$name 2>$(DIST)/sbom.log || \
			{ cat $(DIST)/sbom.log; exit 1; }; \
	done; rm $(DIST)/sbom.log; cd $(DIST) && sha256sum * >SHA256SUMS

.PHONY: dev
dev: ## the demo on http://localhost:7331, made and loaded anew whenever a page, style, script or Go file changes
	MPESA_ENV=simulator ADDR=localhost:8080 BASE_URL=http://localhost:7331 go tool templ generate --watch -path . \
		--watch-pattern='(.+\.go$$)|(.+\.templ$$)|(.+_templ\.txt$$)|(assets/.+\.(css|js)$$)|(.+\.sql$$)' \
		--proxy=http://localhost:8080 --open-browser=false --cmd="go run ./cmd/cinemasphere serve"

.PHONY: quick
quick: ## the tests that need Go alone, the longest ones shortened: under a minute
	TEST_QUICK=1 GOGC=400 go test -short -timeout 5m ./...

.PHONY: deps
deps: ## install what the tests need besides Go (Chromium, PostgreSQL, gcc, promtool, zstd), from Debian's packages
	.ci/install

# What the race detector sees of the two rooms whose tests are mostly one thing after the other: those that run side by side.
RACE_STORE = AtOnce|Guard|LostRaces|TakenOnce|Batch|Overtakes|PastTheLimit|Closed|SameKey|SameIDs|BesideQuery|Together|ManyProcesses
RACE_CHECKOUT = TestHistories|TestDoubleClick|TestClose|TestQuery|TestStrangers|TestResultAtTimeoutAddress|TestSharedReceipt|TestStory

.PHONY: test
test: deps ## run every test; outside CI those whose programs are missing are skipped with a word
	GOGC=400 go test -timeout 40m ./...
	GOGC=400 go test -timeout 10m -tags unguarded -run '^TestGuard' ./store
	@if [ -z "$$CI" ] && ! command -v $$(go env CC) >/dev/null; then echo "NOT TESTED for data races: there is no gcc"; else set -x; \
		export GOGC=400; \
		go test -race -short -timeout 20m $$(go list ./... | grep -vE '/cmd/|/store$$|/store/(money|fairuse)$$|/checkout$$') && \
		go test -race -short -timeout 20m -run '$(RACE_STORE)' ./store && \
		go test -race -short -timeout 20m -run '$(RACE_CHECKOUT)' ./handlers/checkout -histories 1; fi

.PHONY: test-histories
test-histories: ## play 20,000 evenings of a cinema against M-PESA's ledger (hours)
	go test -timeout 24h ./handlers/checkout -run TestHistories -histories 20000

.PHONY: test-kills
test-kills: ## kill the program 200 times under load, on SQLite and on PostgreSQL
	go test -timeout 2h ./cmd/cinemasphere -run TestKilledUnderLoad -kills 200 -v

.PHONY: soak
soak: ## sell for 30 minutes: memory and goroutines stay what they were, and the books are sound
	go test -timeout 1h ./cmd/cinemasphere -run '^TestSoak$$' -soak 30m -v

.PHONY: check
check: ## gofmt, vet, staticcheck, errcheck, exhaustive, sqlclosecheck, generated code, go.mod
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); [ -z "$$unformatted" ] || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go tool errcheck -exclude .ci/errcheck ./...
	go tool exhaustive -d ./...
	go tool sqlclosecheck ./store/...
	go tool templ fmt -fail views
	go mod tidy -diff
	go mod verify

.PHONY: generate
generate: ## make the Go code of the pages from their templ files
	go tool templ generate -path .

.PHONY: fuzz
fuzz: ## fuzz what Safaricom or a stranger may send, a minute for each target
	@for pkg in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime 1m $$pkg || exit 1; \
		done; \
	done

.PHONY: bench
bench: bench-bookings bench-postgres bench-find bench-books bench-week bench-map bench-home bench-slow-daraja bench-overload bench-floor ## run every benchmark; each fails where it misses its target

.PHONY: bench-bookings
bench-bookings: build ## 800 bookings a second taken to Paid for 30 s
	go run ./cmd/bench bookings

.PHONY: bench-postgres
bench-postgres: build ## 400 bookings a second taken to Paid on PostgreSQL, and one screening sold out
	go run ./cmd/bench bookings --database=postgres --rate=400 --within=250ms
	go run ./cmd/bench sellout --database=postgres

.PHONY: bench-find
bench-find: ## find bookings among 100,000 by everything that they can be found by, read the first page, and look whose time is over, on both databases
	go test ./store -run '^$$' -bench '^Benchmark(Find|Today|Mask)$$' -benchtime 50x

.PHONY: bench-books
bench-books: ## read the books of 100,000 tickets whole, as fsck does, on both databases
	go test ./store -run '^$$' -bench '^BenchmarkBooks$$' -benchtime 3x

.PHONY: bench-map
bench-map: build ## the booking form with the map of a hall of 600 seats: first byte under 20 ms, 14 KB at most
	go run ./cmd/bench map

.PHONY: bench-home
bench-home: build ## the home page against a bare handler
	go run ./cmd/bench home

.PHONY: bench-slow-daraja
bench-slow-daraja: build ## 64 buyers and a Daraja that takes half a second
	go run ./cmd/bench slow-daraja

.PHONY: bench-overload
bench-overload: ## three times what the books can take
	go run ./cmd/bench overload

.PHONY: bench-floor
bench-floor: build ## the CPU for each paid booking, beside a bare program of the same requests: 2.5 times that at most
	go run ./cmd/bench floor

.PHONY: bench-week
bench-week: ## the week of screenings, with 1,000 films and 100,000 screenings
	go test -run '^$$' -bench '^BenchmarkWeek$$' -benchtime 100x ./handlers/admin
